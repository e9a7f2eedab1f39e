#!/bin/sh
# Runs once, where PostgreSQL's image makes the database: the role of the service, which may connect and nothing yet.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --set password="$(cat /run/secrets/WRITER_PASSWORD)" << 'SQL'
CREATE ROLE minimon_writer LOGIN PASSWORD :'password';
SQL
