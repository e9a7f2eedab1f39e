#!/bin/sh
# Make the secrets of deploy/compose.yaml, each of 256 random bits, in deploy/secrets. What is there stays.
set -eu
umask 077
folder=$(dirname "$0")/secrets
mkdir -p "$folder"

make() {  # NAME TEXT
    if [ -e "$folder/$1" ]; then echo "$folder/$1 is there already"; else printf '%s' "$2" > "$folder/$1"; fi
}

make MINIMON_BEARER_TOKEN "$(openssl rand -hex 32)"
make GRAFANA_PASSWORD "$(openssl rand -hex 32)"
make POSTGRES_PASSWORD "$(openssl rand -hex 32)"
make WRITER_PASSWORD "$(openssl rand -hex 32)"
make OWNER_LEDGER_URL "postgresql://minimon:$(cat "$folder/POSTGRES_PASSWORD")@postgres/minimon"
make MINIMON_LEDGER_URL "postgresql://minimon_writer:$(cat "$folder/WRITER_PASSWORD")@postgres/minimon"
# the containers read them as users of their own; the folder keeps other people of this machine out
chmod 644 "$folder"/*
