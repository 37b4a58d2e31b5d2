"""Addresses of people."""

from django.urls import path

from openkimberley.accounts import web

urlpatterns = [
    path("me/", web.me, name="me"),
    path("me/language/", web.language, name="me-language"),
    path("me/approval/", web.approval, name="me-approval"),
    path("me/tokens/", web.new_token, name="me-token"),
    path("me/tokens/<slug:token>/revoke/", web.revoke_token, name="me-token-revoke"),
    path("permissions/", web.permissions, name="permissions"),
    path("people/", web.people, name="people"),
    path("people/new/", web.open_account, name="people-new"),
    path("people/<slug:actor_id>/", web.person, name="person"),
    path("people/<slug:actor_id>/roles/", web.give_role, name="person-role"),
    path("people/<slug:actor_id>/roles/end/", web.end_role, name="person-role-end"),
    path("people/<slug:actor_id>/<slug:act>/", web.account_act, name="person-act"),
]
