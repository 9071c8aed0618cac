"""Who belongs to the organization, and who is invited: /api/members, /api/invitations."""

from prikke.http.api.fields import SOME_ID, Field
from prikke.http.api.kinds import ID
from prikke.http.api.operation import (
    Asked,
    Operation,
    answers_list,
    answers_nothing,
    answers_one,
    by_id,
    call,
    given,
    nothing,
    one,
    whole,
)
from prikke.http.api.things.organization import INVITATION, MEMBER
from prikke.http.visit import Answer, Plan, Rows

_USER = Field("user_id", ID, "The person's id.", required=True)
_PERSON = {"user_id": "%(user_id)s::uuid"}
_TRANSFER = (
    Field("user_id", ID, "The member who becomes an owner.", SOME_ID, required=True),
    Field(
        "from_user_id",
        ID,
        "The owner who becomes an admin; who made the key, unless said otherwise.",
        nullable=True,
    ),
)


def set_role(asked: Asked) -> Plan:
    """PATCH /api/members/{user_id}."""
    values = {"role": None, **asked.body, **asked.path}
    arguments = {**_PERSON, **given(MEMBER.settable, values)}
    return Plan((call("set_role", arguments, values),), lambda rows: one(MEMBER, rows[0]))


def remove(asked: Asked) -> Plan:
    """DELETE /api/members/{user_id}."""
    return Plan((call("remove_member", _PERSON, asked.path),), nothing)


def transfer(asked: Asked) -> Plan:
    """POST /api/organization/transfer."""
    values = {"user_id": None, **asked.body}
    handed = call("transfer_ownership", given(_TRANSFER, values), values)

    def answer(rows: Rows) -> Answer:
        return Answer({MEMBER.plural: [MEMBER.show(row) for row in rows[0]]})

    return Plan((handed,), answer)


def invite(asked: Asked) -> Plan:
    """POST /api/invitations."""
    values = {"email": None, **asked.body}
    invited = call("invite_member", given(INVITATION.settable, values), values)
    return Plan((invited,), lambda rows: one(INVITATION, rows[0], 201))


OPERATIONS = (
    Operation(
        "GET",
        "/api/members",
        "list_members",
        "List members, owners first",
        whole(MEMBER, "list_members"),
        answers_list(MEMBER),
    ),
    Operation(
        "PATCH",
        "/api/members/{user_id}",
        "set_role",
        "Give a member another role",
        set_role,
        answers_one(MEMBER),
        "Scope admin is needed; to make or unmake an owner, scope owner as well.",
        body=MEMBER.fields,
        parameters=(_USER,),
        problems=(409,),
        example={"role": "admin"},
    ),
    Operation(
        "DELETE",
        "/api/members/{user_id}",
        "remove_member",
        "End a membership",
        remove,
        answers_nothing(),
        "At once. The last owner stays. A key is nobody who could leave: this is how a program "
        "ends a membership, also that of the person who made its key.",
        parameters=(_USER,),
        problems=(409,),
    ),
    Operation(
        "POST",
        "/api/organization/transfer",
        "transfer_ownership",
        "Hand the organization over to another member",
        transfer,
        answers_list(MEMBER),
        "They become an owner, and the owner who hands over an admin. Scope owner is needed.",
        body=_TRANSFER,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/api/invitations",
        "list_invitations",
        "List invitations that wait for an answer",
        whole(INVITATION, "list_invitations"),
        answers_list(INVITATION),
    ),
    Operation(
        "POST",
        "/api/invitations",
        "invite_member",
        "Invite somebody",
        invite,
        answers_one(INVITATION, 201),
        "For seven days, with a role not above the key's own. It is mailed within seconds, where "
        "mails are sent; whoever signs in with the address finds it there as well. A second one "
        "takes the place of the first.",
        body=INVITATION.fields,
        problems=(409,),
        example={"email": "bob@example.com", "role": "member"},
    ),
    Operation(
        "DELETE",
        "/api/invitations/{id}",
        "withdraw_invitation",
        "Withdraw an invitation",
        lambda asked: Plan((by_id("withdraw_invitation", asked),), nothing),
        answers_nothing(),
    ),
)
