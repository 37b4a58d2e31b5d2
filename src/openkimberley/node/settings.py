"""Django's settings. What differs between nodes stands in the node's folder or in ``KIMBERLEY_*`` variables."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from openkimberley.node import place as _place

PLACE = _place.here()
_config = PLACE.config
DEMONSTRATION = bool(_config.get("demonstration", False))
"""A demonstration node says so on every page and paper."""

# A missing key would be guessable: without a configured folder each process gets its own, and sessions end with it.
SECRET_KEY = _config.get("secret_key") or secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = _config.get("hosts", ["127.0.0.1", "localhost", "[::1]"])
_https = bool(_config.get("https", False))

INSTALLED_APPS = [
    "openkimberley.node",
    "openkimberley.accounts",
    "openkimberley.desk",
    *(
        f"openkimberley.{area}"
        for area in ("journal", "participants", "trade", "alerts", "certificates", "witness", "shipments")
        if (Path(__file__).parent.parent / area / "apps.py").exists()
    ),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "openkimberley.accounts.middleware.ActorMiddleware",
    "openkimberley.desk.web.ErrorMiddleware",
]

ROOT_URLCONF = "openkimberley.node.urls"
WSGI_APPLICATION = "openkimberley.node.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "openkimberley.desk.web.context",
                "openkimberley.node.navigation.context",
            ],
        },
    },
]

DATABASES = {"default": _place.database(PLACE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "openkimberley.accounts.adapter.ClosedAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "5/5m/key,20/5m/ip", "login": "60/m/ip"}
MFA_ADAPTER = "openkimberley.accounts.adapter.SealedAdapter"  # secrets of authenticator apps lie encrypted
MFA_FORMS = {"authenticate": "openkimberley.accounts.forms.AuthenticateForm"}  # wrong codes count towards the lock
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "OpenKimberley"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _https
USERSESSIONS_TRACK_ACTIVITY = False  # it would write to the database at every page
SECOND_FACTOR_REQUIRED = bool(_config.get("second_factor_required", not DEMONSTRATION))
"""Officers may not act before they have a second factor. Only a demonstration node may switch this off."""
SESSION_COOKIE_AGE = 8 * 3600  # one working day
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
if _https:  # behind the TLS proxy of docs/operate, which sets both headers itself
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # attempts are counted by the caller's address, not by the proxy's
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, "'wasm-unsafe-eval'"],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

VERIFY_PER_MINUTE = int(_config.get("verify_per_minute", 120))
"""How often an address may ask for a certificate to be judged, in a minute, without signing in."""
BEHIND_PROXY = _https

# The journal as a published log (docs/spec/journal.md). Without a name the node publishes none.
JOURNAL_ORIGIN = str(_config.get("origin", ""))
JOURNAL_FOLDER = PLACE.journal
JOURNAL_EMBARGO_DAYS = int(_config.get("entry_embargo_days", 90))
"""Days after which anybody may read what an entry publishes; participants may at once."""

METRICS_TOKEN = str(_config.get("metrics_token", ""))

# Languages: every string goes through gettext; English and French are complete, the others are wired.
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("fr", _("French")),
    ("pt", _("Portuguese")),
    ("ru", _("Russian")),
    ("ar", _("Arabic")),
    ("es", _("Spanish")),
    ("zh-hans", _("Chinese")),
]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _config.get("time_zone", "UTC")

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
# Uploads: a photograph of a box from a telephone is 5 MB; more is a mistake or an attack.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Mail: a server where one is set, else files in the outbox folder.
_mail = _config.get("mail", {})
if os.environ.get("KIMBERLEY_SMTP"):
    _host, _colon, _port = os.environ["KIMBERLEY_SMTP"].partition(":")
    _mail = {"host": _host, "port": int(_port or 25)}
if _mail.get("host"):
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail["host"], int(_mail.get("port", 25))
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.get("user", ""), _mail.get("password", "")
    EMAIL_USE_TLS = bool(_mail.get("tls", False))
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(PLACE.outbox)
DEFAULT_FROM_EMAIL = _config.get("from", "kimberley@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
