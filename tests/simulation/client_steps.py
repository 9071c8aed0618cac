"""What clients do: jobs, sends and queues, some of it in a transaction that stays open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from tests.factories import URL, call, make_send
from tests.simulation.ground import PLAN, Ground
from tests.simulation.model import Job, Schedule, holds
from tests.simulation.stage import Client, choose
from tests.simulation.watcher import Rate, Row

CRONS = ("*/5 * * * *", "0 * * * *", "30 2 * * *", "*/20 1-3 * * *", "17 */6 * * *", "0 0 * * *")
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kolkata")
EVERY = ("10 seconds", "1 minute", "10 minutes", "1 hour", "1 day")
LENGTHS = {
    "10 seconds": timedelta(seconds=10),
    "1 minute": timedelta(minutes=1),
    "10 minutes": timedelta(minutes=10),
    "1 hour": timedelta(hours=1),
    "1 day": timedelta(days=1),
}
OVERLAPS = ("skip", "queue_one", "allow")
CATCH_UPS = ("latest", "all", "none")
WINDOWS = (None, None, "30 minutes")
ORDERING_KEYS = (None, None, "k1", "k2")
QUEUES = ("default", "default", "q1")
HOSTS = ("https://one.example.com/", "https://two.example.com/")
LENGTHS_OF_WINDOWS = {None: None, "30 minutes": timedelta(minutes=30)}
_IN_ERROR = psycopg.pq.TransactionStatus.INERROR


class ClientSteps(Ground):
    """The steps of people and programs."""

    def open_transaction(self, a: int, b: int, c: int) -> None:
        if self.user is None:
            self.user = Client(self._stage.user, choose(self.clients, a).organization, True)

    def close_transaction(self, a: int, b: int, c: int) -> None:
        if self.user is None:
            return
        user, self.user = self.user, None
        if a % 3:
            user.conn.commit()
            for effect in user.effects:
                effect()
        else:
            user.conn.rollback()

    def create_job(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        fields, schedule = self._schedule(a, b)
        policy = self._policy(b, c)
        row = call(
            client.conn, "create_job", name="Job", url=choose(HOSTS, a), queue=choose(QUEUES, c),
            max_attempts=(1, 3, 3)[a % 3], backoff=("5 s", "2 minutes")[b % 2],
            ordering_key=choose(ORDERING_KEYS, c // 3), **fields, **policy,
        )  # fmt: skip

        def known() -> None:
            job = Job(
                client.organization, row["id"], schedule, policy["overlap"], policy["catch_up"],
                LENGTHS_OF_WINDOWS[policy["catch_up_window"]], row["interval_minutes"],
            )  # fmt: skip
            self.watcher.jobs[job.id] = job

        client.when_committed(known)

    def change_schedule(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        job = self._job(client, a, lambda job: not job.deleted)
        if job is None:
            return
        fields, schedule = self._schedule(b, c, job)
        if schedule.once is not None:
            # Otherwise it would be where the steps of `every` count from.
            fields["clear"] = ["every"]
        row = self._change(client, job, "update_job", **fields)
        if row is not None:

            def known() -> None:
                job.schedule = schedule
                job.interval_minutes = row["interval_minutes"]

            client.when_committed(known)

    def change_policy(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        job = self._job(client, a, lambda job: not job.deleted)
        if job is None:
            return
        overlap, catch_up = choose(OVERLAPS, b), choose(CATCH_UPS, b // 3)
        row = self._change(client, job, "update_job", overlap=overlap, catch_up=catch_up, name="X")
        if row is not None:

            def known() -> None:
                job.overlap, job.catch_up = overlap, catch_up

            client.when_committed(known)

    def pause_job(self, a: int, b: int, c: int) -> None:
        self._switch(a, c, "pause_job", lambda job: job.enabled and not job.deleted)

    def resume_job(self, a: int, b: int, c: int) -> None:
        self._switch(a, c, "resume_job", lambda job: not job.enabled and not job.deleted)

    def delete_job(self, a: int, b: int, c: int) -> None:
        self._switch(a, c, "delete_job", lambda job: not job.deleted)

    def restore_job(self, a: int, b: int, c: int) -> None:
        self._switch(a, c, "restore_job", lambda job: job.deleted)

    def run_now(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        job = self._job(client, a, lambda job: not job.deleted)
        if job is not None:
            row = call(client.conn, "run_now", id=job.id)
            client.when_committed(lambda: self.expected.add(row["id"]))

    def send(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        key = None if client.open else (None, None, "a", "b")[b % 4]
        holder = self._holder(client, key)
        identifier = make_send(
            client.conn, url=choose(HOSTS, a), queue=choose(QUEUES, a // 2),
            delay=(None, None, "5 s", "10 minutes")[a % 4], priority=(0, 0, 5)[b % 3], key=key,
            ordering_key=choose(ORDERING_KEYS, c // 2), max_attempts=(1, 5)[c % 2],
            backoff=("1 s", "30 s")[a % 2],
        )  # fmt: skip
        if holder is not None:
            holds(identifier == holder, "a key was given to two live sends", key)
        elif key is not None and self.slow is None:
            holds(identifier not in self.watcher.ended, "a key answered what is over", key)
        client.when_committed(lambda: self.expected.add(identifier))

    def send_many(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        item = {"url": URL, "ordering_key": choose(ORDERING_KEYS, b)}
        items = [{**item, "delay": f"{n} s"} for n in range(1 + a % 4)]
        rows = client.conn.execute(
            "select s from prikke.send_many(%s) as s", (Jsonb(items),)
        ).fetchall()
        client.when_committed(lambda: self.expected.update(row[0] for row in rows))

    def cancel(self, a: int, b: int, c: int) -> None:
        client = self._who(c)
        live = self.watcher.of(self.watcher.live.values(), client.organization)
        if live:
            identifier = choose(live, a)["id"]
            row = self._refused("PK404", "PK409", lambda: call(
                client.conn, "cancel_execution", id=identifier))  # fmt: skip
            if row is not None:
                holds(row["status"] == "cancelled", "cancelling did not cancel", row["status"])
                client.when_committed(lambda: self.watcher.cancelled.add(identifier))

    def replay(self, a: int, b: int, c: int) -> None:
        if not self._exists("replay_execution"):
            return
        client = choose(self.clients, c)
        ended = self.watcher.of(self.watcher.ended.values(), client.organization)
        if ended:
            past = choose(ended, a)
            row = self._refused("PK404", "PK409", lambda: call(
                client.conn, "replay_execution", id=past["id"]))  # fmt: skip
            if row is not None:
                self.expected.add(row["id"])

    def pause_queue(self, a: int, b: int, c: int) -> None:
        client, name = choose(self.clients, a), choose(QUEUES, b)
        call(client.conn, "pause_queue", name=name)
        self.watcher.paused.add((client.organization, name))

    def resume_queue(self, a: int, b: int, c: int) -> None:
        for organization, name in sorted(self.watcher.paused)[:1]:
            client = next(one for one in self.clients if one.organization == organization)
            call(client.conn, "resume_queue", name=name)
            self.watcher.paused.discard((organization, name))

    def limit_queue(self, a: int, b: int, c: int) -> None:
        client, name = choose(self.clients, a), choose(QUEUES, b)
        if c % 3:
            call(client.conn, "set_queue", name=name, max_running=1 + c % 2)
            self.watcher.caps[(client.organization, name)] = 1 + c % 2
        else:
            call(client.conn, "set_queue", name=name, clear=["max_running"])
            self.watcher.caps.pop((client.organization, name), None)

    def rate_queue(self, a: int, b: int, c: int) -> None:
        client, name = choose(self.clients, a), choose(QUEUES, b)
        lane = (client.organization, name)
        if c % 3:
            seconds, burst = (10, 60)[c % 2], 1 + b % 3
            period = f"{seconds} seconds"
            call(client.conn, "set_queue", name=name, rate=1, rate_period=period, burst=burst)
            self.watcher.rates[lane] = Rate(
                timedelta(seconds=seconds), burst, beside=self.slow is not None
            )
        else:
            call(client.conn, "set_queue", name=name, clear=["rate"])
            self.watcher.rates.pop(lane, None)

    def limit_organization(self, a: int, b: int, c: int) -> None:
        client = choose(self.clients, a)
        self._limits(client.organization, max_running=1 + b % 3 if c % 3 else None)

    def limit_plan(self, a: int, b: int, c: int) -> None:
        client = choose(self.clients, a)
        self._limits(client.organization, executions=2 + b % 8 if c % 3 else None)

    def fail_host(self, a: int, b: int, c: int) -> None:
        """A host that fails for a while; what is held for it is freed in time."""
        client = choose(self.clients, c)
        runner = self.runners[0]
        for _ in range(10):
            identifier = make_send(client.conn, url=choose(HOSTS, a), max_attempts=1)
            client.when_committed(partial(self.expected.add, identifier))
        claims = runner.claim(room=20)
        self.look()
        if claims:
            runner.report([runner.result(one, "failed", retry=True) for one in claims])

    def watch(self, a: int, b: int, c: int) -> None:
        if not self.watched:
            client = self.clients[0]
            call(
                client.conn, "watch", watched="shop.orders", url=HOSTS[0], key="orders",
                ref="new.id::text", ordering_key=("'k1'", None)[a % 2],
            )  # fmt: skip
            self.watched = True

    def change_rows(self, a: int, b: int, c: int) -> None:
        """Rows of a watched table come; each is a delivery in the same transaction."""
        client = self._who(c)
        if not self.watched:
            return
        [(rows,)] = client.conn.execute(
            "with made as (insert into shop.orders select from generate_series(1, %s)"
            " returning id) select array_agg(id::text) from made",
            (1 + b % 3,),
        ).fetchall()
        found = client.conn.execute(
            "select id from prikke.live_execution where organization_id = %s and ref = any (%s)",
            (self.clients[0].organization, rows),
        ).fetchall()
        holds(len(found) == len(rows), "a change of a watched row was not sent", rows, found)
        client.when_committed(lambda: self.expected.update(row[0] for row in found))

    def notify(self, a: int, b: int, c: int) -> None:
        """Channels are told of what changed, once it has been calm for a while."""
        self.runners[0].conn.execute("select prikke.notify()")
        if a % 2:
            self._move(timedelta(minutes=3))
            self.runners[0].conn.execute("select prikke.notify()")

    def _limits(self, organization: UUID, **changed: int | None) -> None:
        """Set caps of an organization as an operator does."""
        known = {
            "max_running": self.watcher.organization_caps, "executions": self.watcher.plans,
        }  # fmt: skip
        for name, value in changed.items():
            if value is None:
                known[name].pop(organization, None)
            else:
                known[name][organization] = value
        limits = dict(PLAN)
        limits |= {name: all_[organization] for name, all_ in known.items() if organization in all_}
        client = next(one for one in self.clients if one.organization == organization)
        call(client.conn, "update_organization", limits=limits)

    def _change(self, client: Client, job: Job, function: str, **fields: Any) -> Row | None:
        """A change that may find the job locked by a runner whose commit is slow."""
        try:
            row = call(client.conn, function, id=job.id, **fields)
        except psycopg.errors.LockNotAvailable as error:
            holds(self.slow is not None, "a client waited", error)
            client.give_up()
            return None
        if client.open:
            client.touched.add(job.id)
        return row

    def _switch(self, a: int, c: int, function: str, which: Callable[[Job], bool]) -> None:
        client = self._who(c)
        job = self._job(client, a, which)
        if job is not None:
            self._refused("PK404", None, lambda: self._change(client, job, function))

    def _refused(self, one: str, other: str | None, do: Callable[[], Row | None]) -> Row | None:
        """Do what may have become impossible while a transaction was open."""
        try:
            return do()
        except psycopg.Error as error:
            holds(error.sqlstate in (one, other), "a client was refused", error)
            if self.user is not None and self.user.conn.info.transaction_status == _IN_ERROR:
                self.user.give_up()
            return None

    def _who(self, number: int) -> Client:
        """The client of a step: now and then the one whose transaction is open."""
        if self.user is not None and number % 3 == 0:
            return self.user
        return choose(self.clients, number)

    def _job(self, client: Client, number: int, which: Callable[[Job], bool]) -> Job | None:
        touched = set() if client.open or self.user is None else self.user.touched
        found = [
            job
            for job in self.watcher.jobs.values()
            if job.organization == client.organization and which(job) and job.id not in touched
            and not (client.open and job.id in client.touched)
        ]  # fmt: skip
        return choose(found, number) if found else None

    def _holder(self, client: Client, key: str | None) -> UUID | None:
        for row in self.watcher.live.values():
            if (
                key is not None
                and row["key"] == key
                and row["organization_id"] == client.organization
                and row["id"] not in self.watcher.cancelled
            ):
                found: UUID = row["id"]
                return found
        return None

    def _schedule(self, a: int, b: int, job: Job | None = None) -> tuple[dict[str, Any], Schedule]:
        kind = ("cron", "every", "every", "once")[a % 4]
        if kind == "cron":
            cron, zone = choose(CRONS, a // 4), choose(ZONES, b)
            return {"cron": cron, "timezone": zone}, Schedule(cron=cron, timezone=zone)
        if kind == "every":
            every = choose(EVERY, a // 4)
            anchor = self._created(job) if job else self.now
            return {"every": every}, Schedule(every=LENGTHS[every], anchor=anchor)
        once = self.now + timedelta(seconds=1 + b % 900)
        return {"scheduled_at": once}, Schedule(once=once)

    def _created(self, job: Job) -> datetime:
        row = self.admin.execute(
            "select created_at from prikke.job_definition where id = %s", (job.id,)
        ).fetchone()
        assert row is not None
        created: datetime = row[0]
        return created

    def _policy(self, b: int, c: int) -> dict[str, Any]:
        return {
            "overlap": choose(OVERLAPS, b),
            "catch_up": choose(CATCH_UPS, b // 3),
            "catch_up_window": choose(WINDOWS, c),
        }

    def _exists(self, function: str) -> bool:
        return (
            self.admin.execute(
                "select from pg_proc where pronamespace = 'prikke'::regnamespace and proname = %s",
                (function,),
            ).fetchone()
            is not None
        )
