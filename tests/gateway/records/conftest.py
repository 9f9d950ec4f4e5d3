# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the store's tests: a reactor turned by hand, a store, a small disk."""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.records.connection import open_writer
from gateway.records.migrate import migrate
from gateway.records.postgres_place import Place, tell_place
from gateway.records.store import Store
from tests.gateway.records.helpers import Turns, open_store
from tests.postgres import TestServer, running
from tests.tools import mount

ON_BOTH = {
    "test_acquisitions",
    "test_copies",
    "test_copy_import",
    "test_copy_writes",
    "test_finds",
    "test_log",
    "test_store_events",
    "test_store_holds",
    "test_store_linkage",
    "test_store_outbox",
    "test_store_seen",
}
OF_FILES = {
    "test_a_column_of_another_type_is_named_as_damage",
    "test_a_copy_moved_to_another_person_is_found",
    "test_a_forked_log_is_found_by_the_head_of_another_day",
    "test_a_head_that_is_signed_falsely_does_not_start",
    "test_a_log_that_is_not_under_its_head_does_not_start",
    "test_a_record_changed_or_removed_is_found_and_named",
    "test_a_record_is_neither_removed_nor_changed_by_accident",
    "test_a_record_that_was_removed_condemns_the_store",
    "test_a_sealed_part_moved_to_another_message_is_found",
    "test_a_search_by_time_reads_the_index_of_the_ids",
    "test_a_stop_goes_on_where_the_last_does_not_fit",
    "test_a_tile_that_was_cut_condemns_the_store",
    "test_a_version_set_back_is_found",
    "test_an_addressee_moved_to_another_inquiry_is_found",
    "test_an_event_of_another_type_is_damage_for_whoever_reads_it",
    "test_content_that_was_sealed_anew_does_not_match_its_commitment",
    "test_damaged_evidence_is_told_as_damage",
    "test_neither_codes_nor_names_nor_flags_can_be_read_in_the_files",
    "test_no_trial_write_leads_back_from_there",
    "test_nothing_of_it_can_be_read_in_the_files_or_in_words",
    "test_so_many_differences_are_told_and_no_more",
    "test_the_record_of_a_person_is_found_by_a_tag_that_nobody_can_read",
    "test_what_is_held_and_about_whom_cannot_be_read_in_the_file",
    "test_what_was_changed_is_found_where_it_is",
    "test_whom_an_inquiry_is_about_cannot_be_read_in_the_file",
    "test_whose_flag_is_looked_at_cannot_be_read_in_the_file",
}
"""They look into SQLite's files, or do to them what nobody does to a server's."""

EMPTY = """
SET session_replication_role = replica; SET client_min_messages = warning;
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT relname FROM pg_class
        WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p')
        AND NOT relispartition
    LOOP EXECUTE format('DELETE FROM {schema}.%I', one.relname); END LOOP;
    INSERT INTO {schema}.copy_version (one, last) VALUES (1, 0);
END $$
"""


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """A server for all tests of a run; each has a schema of its own in it."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def shared(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One schema for many tests: to make it takes longer than most of them."""
    place = Place(postgres.conninfo, postgres.schema())
    path = tmp_path_factory.mktemp("shared") / "records"
    tell_place(path, place)
    with closing(open_writer(path)) as db:
        migrate(db, path)
    return place


@pytest.fixture
def emptied(postgres: TestServer, shared: Place) -> Place:
    """The same schema, as it was when it was new."""
    postgres.psql(EMPTY.replace("{schema}", shared.schema))
    return shared


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The same tests on both stores, but for those about SQLite's files."""
    if "store_path" in metafunc.fixturenames:
        module = metafunc.module.__name__.rpartition(".")[2]
        of_files = metafunc.function.__name__ in OF_FILES
        both = module in ON_BOTH and not of_files
        kinds = ("sqlite", "postgresql") if both else ("sqlite",)
        metafunc.parametrize("store_path", kinds, indirect=True)


@pytest.fixture
def store_path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Where a new store is to be made."""
    path = tmp_path / "records.sqlite"
    if getattr(request, "param", "sqlite") == "postgresql":
        tell_place(path, request.getfixturevalue("emptied"))
    return path


@pytest.fixture
def store(store_path: Path, turns: Turns) -> Iterator[Store]:
    opened = open_store(store_path, turns)
    yield opened
    opened.close()
    turns.run_all()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB of its own, where the machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place))
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
