"""What an organization pays, and what it will use."""

from prikke.http.api.fields import SOME_INSTANT, Thing, shown
from prikke.http.api.kinds import BOOLEAN, COUNT, INSTANT, TEXT, objects

SUBSCRIPTION = Thing(
    "subscription",
    "subscriptions",
    (
        shown("id", TEXT, "The payment provider's id.", "812345"),
        shown(
            "status",
            TEXT,
            "As the provider has it.",
            "active",
            choices=(
                "on_trial",
                "active",
                "paused",
                "past_due",
                "unpaid",
                "cancelled",
                "expired",
            ),
        ),
        shown("pays", BOOLEAN, "Whether it gives the plan pro now.", True),
        shown("renews_at", INSTANT, "When it is paid again.", SOME_INSTANT, nullable=True),
        shown("ends_at", INSTANT, "When it ends for good.", nullable=True),
        shown("resumes_at", INSTANT, "When a pause of it ends.", nullable=True),
        shown("payment_failed_at", INSTANT, "Since when a payment is owed.", nullable=True),
        shown("plan_ends_at", INSTANT, "When the plan ends if nothing changes.", nullable=True),
    ),
    "What is paid for the plan pro.",
)
USAGE_FORECAST = Thing(
    "usage_forecast",
    "usage_forecasts",
    (
        shown("executions", COUNT, "Executions of this month, at its end.", 4200),
        shown("executions_limit", COUNT, "At most so many; null: no limit.", 5000, nullable=True),
        shown("limit_reached_on", TEXT, "The day of it; null: not this month.", nullable=True),
        shown("days", objects(day="date", executions="integer"), "What is to come, by day."),
    ),
    "What the schedules will use up to the end of the month.",
)
