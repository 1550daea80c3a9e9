"""The traps of what we build upon, each beside the tests that show it closed here.

Every line was seen to happen: with the stock recipe of Flask-SocketIO, gevent-websocket and Redis, with Huey,
SQLAlchemy and honcho as they are, or in a browser. A test whose docstring says "Trap:" or "Stock:" has to stand here.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

TRAPS = {
    # -- the wire ------------------------------------------------------------------------------------------------------
    "Without gevent-websocket's handler class every handshake is a 500; clients fall back to polling without a word.": [
        "gateway/test_protocol.py::test_a_client_can_open_a_session_by_websocket",
        "gateway/test_transports.py::test_it_serves_stock_clients_over_each_transport",
    ],
    "Nothing caps what waits for a client that does not read.": [
        "gateway/test_wire.py::test_who_stops_reading_is_capped_and_let_go_of",
        "gateway/test_leftovers.py::test_a_thousand_slow_readers_leave_nothing_behind",
    ],
    "After its ping timeout a client's socket, greenlet and TCP connection stay until it closes.": [
        "gateway/test_rounds.py::test_who_answers_no_ping_is_hung_up_and_nothing_of_it_stays",
        "gateway/test_wire.py::test_who_does_not_close_is_hung_up",
    ],
    "A frame's size is looked at when all of it was read.": [
        "gateway/test_limits.py::test_a_frame_of_a_gigabyte_is_refused_from_its_header",
        "gateway/test_limits.py::test_a_body_of_a_gigabyte_is_refused_from_its_header",
        "gateway/test_websocket.py::test_it_refuses_a_size_from_the_header",
    ],
    "A malformed packet ends the reader without a disconnect; the client stays in its rooms.": [
        "gateway/test_limits.py::test_a_malformed_packet_takes_its_client_out_of_its_rooms_at_once",
        "gateway/test_engine.py::test_a_malformed_packet_closes_the_connection_at_once",
    ],
    "Who answers pings and never sends CONNECT stays for ever.": [
        "gateway/test_rounds.py::test_who_answers_pings_and_asks_for_nothing_is_let_go_of",
        "gateway/test_engine.py::test_who_keeps_it_waiting_is_let_go_of_after_ten_seconds",
    ],
    "A large frame is unmasked byte by byte in Python, and holds the loop.": [
        "gateway/test_websocket.py::test_the_steps_for_a_message_do_not_grow_with_it",
    ],
    "Each message starts a greenlet; two of one client overtake each other.": [
        "gateway/test_wire_reading.py::test_messages_are_worked_on_one_at_a_time_and_in_order",
    ],
    "The official suites of Engine.IO and Socket.IO fail in 16 cases of 56.": [
        "gateway/test_protocol.py",  # holds each of them
    ],
    "The suites' client wants a CONNECT reply of `sid` and nothing else.": [
        "gateway/test_protocol.py::test_a_client_connects_to_a_namespace",
    ],
    # -- rooms ---------------------------------------------------------------------------------------------------------
    "An emit without a room reaches clients that will yet be refused.": [
        "gateway/test_limits.py::test_nothing_is_done_or_sent_before_acceptance",
        "gateway/test_limits.py::test_an_emit_without_a_room_is_refused",
        "gateway/test_auth.py::test_nothing_reaches_a_refused_client",
    ],
    "A disconnect goes through every room there is.": [
        "gateway/test_limits.py::test_a_disconnect_costs_its_own_rooms_alone",
    ],
    # -- what was missed -----------------------------------------------------------------------------------------------
    "An emit through Redis raises nothing while Redis is down, and the event is gone.": [
        "gateway/test_stream.py::test_redis_may_be_killed_and_come_back_without_its_data",
        "gateway/test_stream.py::test_redis_may_hang",
        "gateway/test_log.py::test_it_publishes_what_came_while_redis_was_away",
    ],
    "No connection is recovered; servers that do it lose it with their process.": [
        "gateway/test_recovery.py::test_another_gateway_does_so_after_a_kill",
        "browser/test_recovery.py::test_it_recovers_after_a_kill_with_every_channel",
    ],
    "A client that has seen no event yet has no offset to come back with.": [
        "gateway/test_recovery.py::test_it_gives_back_the_pid_and_what_was_missed",
        "browser/test_recovery.py::test_it_recovers_after_a_drop_before_it_saw_anything",
    ],
    "What is recovered was authorised once, and is not again.": [
        "gateway/test_recovery.py::test_a_pid_is_no_way_in_after_the_access_ended",
        "gateway/test_recovery.py::test_nothing_is_given_back_without_a_channel_that_is_no_longer_allowed",
        "browser/test_recovery.py::test_it_stays_away_when_the_access_ended_meanwhile",
    ],
    # -- stock clients and browsers ------------------------------------------------------------------------------------
    "Laravel Echo drops what comes under a name without `private-`, and adds `App\\Events\\` to names without a dot.": [
        "gateway/test_handlers.py::test_it_speaks_with_laravel_echo",
        "gateway/test_handlers.py::test_it_names_the_channel_as_the_socket_spelt_it",
    ],
    "Laravel Echo does not subscribe again after a reconnect.": [
        "gateway/test_recovery.py::test_it_gives_back_every_channel_under_its_name_after_a_kill",
    ],
    "After a CONNECT_ERROR or a DISCONNECT a client stays away; after a closed transport it comes back.": [
        "gateway/test_transports.py::test_a_gateway_that_stops_lets_stock_clients_come_back_by_themselves",
        "gateway/test_drain.py::test_a_gateway_that_stops_lets_its_clients_go_a_few_at_a_time",
        "gateway/test_revocation.py::test_whoever_logged_in_again_meanwhile_is_asked_to_come_back",
        "browser/test_staleness.py::test_it_says_log_in_again_when_the_session_has_ended",
    ],
    "A browser starts no sound before a gesture.": [
        "browser/test_ringing.py::test_it_asks_for_one_tap_and_then_rings_for_a_new_order",
        "browser/test_ringing.py::test_it_rings_for_what_was_waiting_once_it_may",
    ],
    "A browser slows the timers of hidden tabs.": [
        "browser/test_staleness.py::test_it_says_so_at_once_when_it_is_looked_at_again",
    ],
    # -- sessions and cookies ------------------------------------------------------------------------------------------
    "Flask's cookie session cannot be revoked.": [
        "views/test_accounts.py::test_it_remembers_the_session_as_a_row",
        "views/test_accounts.py::test_an_old_cookie_opens_nothing_after_logging_out",
        "gateway/test_revocation.py::test_a_session_that_ends_closes_its_sockets_for_good",
        "gateway/test_revocation.py::test_a_revoked_person_does_not_come_back",
    ],
    "To a cookie `localhost` and `127.0.0.1` are two sites, and two ports of one host are one.": [
        "views/test_security.py::test_what_is_drawn_loads_from_here_and_from_the_gateway_alone",
        "test_config.py::test_it_lets_the_demo_use_both_names_of_this_machine",
        "gateway/test_origin.py::test_it_opens_the_door_to_programs_and_to_pages_of_ours",
    ],
    # -- rows and jobs -------------------------------------------------------------------------------------------------
    "SQLAlchemy's `version_id_col` does not guard an UPDATE of a query.": [
        "test_races.py::test_one_wins_and_the_rest_are_told",
        "domain/test_orders.py::test_it_refuses_a_version_that_is_not_the_orders",
    ],
    "`with_for_update()` may give an object with what was read before the lock.": [
        "domain/test_orders.py::test_it_names_the_winner_to_the_loser_of_a_race",
        "domain/test_orders.py::test_a_request_to_cancel_is_told_of_the_order_as_it_is_by_then",
        "domain/test_orders.py::test_nobody_asks_to_cancel_what_was_cancelled_meanwhile",
        "domain/test_sessions.py::test_it_gives_nothing_for_a_password_that_changes_while_it_is_compared",
    ],
    "SQLite tells nobody of a commit; asking for `data_version` is cheap.": [
        "gateway/test_watch.py::test_it_returns_when_the_file_is_written_to",
        "gateway/test_watch.py::test_without_the_kernels_help_it_sleeps_a_little",
        "gateway/test_fanout.py::test_nothing_is_lost_or_disordered_under_many_writers",
    ],
    "Huey takes a task off its queue before it runs it: killed in between, it never runs.": [
        "jobs/test_worker.py::test_it_forgets_nothing_when_it_is_killed_in_the_middle_of_it",
        "jobs/test_serving.py::test_a_task_that_was_taken_and_never_run_comes_again",
        "jobs/test_work.py::test_what_is_scheduled_may_run_twice_unharmed",
    ],
    "Huey's crontab counts minutes.": [
        "jobs/test_worker.py::test_it_expires_an_order_within_seconds_and_ends_at_sigterm",
    ],
    # -- processes and programs ----------------------------------------------------------------------------------------
    "honcho kills its children only after 5 s, and leaves some behind.": [
        "scripts/test_start.py::test_it_stops_all_within_5_s_when_the_terminal_signals_the_group",
        "scripts/test_start.py::test_it_kills_who_does_not_listen_and_says_so",
        "scripts/test_start.py::test_it_leaves_nobody_when_it_is_killed_itself",
    ],
    "PostgreSQL does not start as root.": [
        "test_services.py::test_it_makes_databases_apart_from_each_other",  # run by root, too
    ],
    "Ubuntu's Chromium is a stub that calls snap.": [
        "test_services.py::test_a_stub_that_calls_snap_is_no_browser",
    ],
}


@cache
def docstrings(path: Path) -> dict[str, str]:
    """Of the tests of a file, by name."""
    functions = (node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef))
    return {each.name: ast.get_docstring(each) or "" for each in functions if each.name.startswith("test_")}


@pytest.mark.parametrize("tests", TRAPS.values(), ids=TRAPS)
def test_the_tests_that_are_named_are_there(tests: list[str]):
    for named in tests:
        path, _, name = named.partition("::")
        assert not name or name in docstrings(TESTS / path), named


def test_every_test_that_shows_a_trap_is_named():
    paths = (path for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    shows = {
        f"{path.relative_to(TESTS)}::{name}"
        for path in paths
        for name, says in docstrings(path).items()
        if "Trap:" in says or "Stock:" in says
    }
    assert shows - {named for tests in TRAPS.values() for named in tests} == set()
