"""Tables of people: users, the roles they hold, tokens for their software."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Finds a user by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with this e-mail address."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who signs in. ``actor_id`` is the pseudonym that the journal keeps; the mapping stays in this table."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    actor_id = models.CharField(max_length=40, unique=True)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    failed_sign_ins = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.name or self.email


class RoleHeld(models.Model):
    """A role that a person holds for an authority or a company, from a day to a day. Ended, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roles_held")
    role = models.CharField(max_length=30)  # a kernel.actor.Role, retired ones included
    authority = models.CharField(max_length=12, blank=True)
    company = models.CharField(max_length=40, blank=True)  # licence number
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["user_id", "role"]
        indexes = [models.Index(fields=["authority", "user"], name="accounts_role_authority")]
        constraints = [
            models.CheckConstraint(
                # "until" is the first day without the role; ended on its first day, it was never held for a day
                condition=models.Q(until__isnull=True) | models.Q(until__gte=models.F("since")),
                name="accounts_role_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["user", "role", "company"], condition=models.Q(until__isnull=True), name="accounts_role_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.authority or self.company}"


class Token(models.Model):
    """A token for the software of a person. Only its SHA-256 is kept."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    issued = models.DateTimeField()
    expires = models.DateTimeField()
    revoked = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-issued"]

    def __str__(self) -> str:
        return self.name
