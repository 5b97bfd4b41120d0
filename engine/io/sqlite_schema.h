/*
 * sqlite_schema: the tables of sqlite.h and how a card fills them. For sink_sqlite.c alone.
 *
 * SQLite's own functions take the card apart, so that what a column holds stands here and nowhere else.
 */
#ifndef CM_IO_SQLITE_SCHEMA_H
#define CM_IO_SQLITE_SCHEMA_H

/* Of scorecards: column, type, where it stands in the card. */
#define CM_SQLITE_COLUMNS(X)                                                                                                               \
    X("interaction_id", "TEXT NOT NULL", "$.interaction_id")                                                                               \
    X("pack", "TEXT NOT NULL", "$.pack.name")                                                                                              \
    X("pack_version", "TEXT", "$.pack.version")                                                                                            \
    X("pack_hash", "TEXT", "$.pack.hash")                                                                                                  \
    X("status", "TEXT NOT NULL", "$.status")                                                                                               \
    X("revision", "INTEGER NOT NULL", "$.revision")                                                                                        \
    X("channel", "TEXT", "$.channel")                                                                                                      \
    X("lang", "TEXT", "$.lang")                                                                                                            \
    X("queue", "TEXT", "$.queue")                                                                                                          \
    X("team", "TEXT", "$.team")                                                                                                            \
    X("agent_id", "TEXT", "$.agent_id")                                                                                                    \
    X("customer_id", "TEXT", "$.customer_id")                                                                                              \
    X("started_at", "TEXT", "$.started_at")                                                                                                \
    X("ended_at", "TEXT", "$.ended_at")                                                                                                    \
    X("care", "REAL", "$.care.score")                                                                                                      \
    X("coverage", "REAL", "$.coverage")                                                                                                    \
    X("resolution", "TEXT", "$.customer_outcome.resolution")                                                                               \
    X("delight", "INTEGER", "$.customer_outcome.delight")                                                                                  \
    X("thanks", "INTEGER", "$.customer_outcome.thanks")                                                                                    \
    X("turns_agent", "INTEGER", "$.turns.agent")                                                                                           \
    X("turns_customer", "INTEGER", "$.turns.customer")                                                                                     \
    X("turns_bot", "INTEGER", "$.turns.bot")                                                                                               \
    X("first_response_s", "REAL", "$.timing.first_response_s")                                                                             \
    X("flags", "TEXT", "$.flags")

#define CM_SQLITE_TYPED(name, type, place) name " " type ","
#define CM_SQLITE_NAMED(name, type, place) name ","
#define CM_SQLITE_TAKEN(name, type, place) "json_extract(?1,'" place "'),"
#define CM_SQLITE_REPLACED(name, type, place) name "=excluded." name ","

/* Two programs may do this to one new file: the second finds all there. */
#define CM_SQLITE_CARD_COLUMNS CM_SQLITE_COLUMNS(CM_SQLITE_TYPED) "card TEXT NOT NULL"
#define CM_SQLITE_SCHEMA                                                                                                                   \
    "CREATE TABLE IF NOT EXISTS scorecards(" CM_SQLITE_CARD_COLUMNS ",PRIMARY KEY(interaction_id,pack));"                                  \
    "CREATE INDEX IF NOT EXISTS scorecards_queue ON scorecards(queue,started_at);"                                                         \
    "CREATE INDEX IF NOT EXISTS scorecards_agent ON scorecards(agent_id,started_at);"                                                      \
    "CREATE INDEX IF NOT EXISTS scorecards_customer ON scorecards(customer_id);"                                                           \
    "CREATE INDEX IF NOT EXISTS scorecards_started ON scorecards(started_at);"                                                             \
    "CREATE TABLE IF NOT EXISTS dimensions(interaction_id TEXT NOT NULL,pack TEXT NOT NULL,dimension TEXT NOT NULL,score REAL,"            \
    "PRIMARY KEY(interaction_id,pack,dimension))WITHOUT ROWID;"                                                                            \
    "CREATE TABLE IF NOT EXISTS behaviours(interaction_id TEXT NOT NULL,pack TEXT NOT NULL,position INTEGER NOT NULL,id TEXT NOT NULL,"    \
    "agent_id TEXT,outcome TEXT NOT NULL,reason TEXT,credit REAL,seen INTEGER,met INTEGER,"                                                \
    "PRIMARY KEY(interaction_id,pack,position))WITHOUT ROWID;"

/*
 * ?1 the card to take apart, ?2 the card to keep. A row where it was stored; none where what is there is newer: a late copy of an older
 * revision, or an open card over the final one.
 */
#define CM_SQLITE_CARD_NAMES CM_SQLITE_COLUMNS(CM_SQLITE_NAMED) "card"
#define CM_SQLITE_CARD_VALUES CM_SQLITE_COLUMNS(CM_SQLITE_TAKEN) "?2"
#define CM_SQLITE_CARD_REPLACED CM_SQLITE_COLUMNS(CM_SQLITE_REPLACED) "card=excluded.card"
#define CM_SQLITE_PUT_CARD                                                                                                                 \
    "INSERT INTO scorecards(" CM_SQLITE_CARD_NAMES ")VALUES(" CM_SQLITE_CARD_VALUES ")"                                                    \
    "ON CONFLICT(interaction_id,pack)DO UPDATE SET " CM_SQLITE_CARD_REPLACED " WHERE excluded.revision>scorecards.revision "               \
    "OR(excluded.revision=scorecards.revision AND NOT(excluded.status='open'AND scorecards.status='final'))"                               \
    "RETURNING interaction_id,pack"

/* ?1 the card, ?2 and ?3 its key. */
#define CM_SQLITE_PUT_DIMENSIONS "INSERT INTO dimensions SELECT ?2,?3,key,value FROM json_each(?1,'$.care')WHERE key<>'score'"
#define CM_SQLITE_PUT_BEHAVIOURS                                                                                                           \
    "INSERT INTO behaviours SELECT ?2,?3,key,json_extract(value,'$.id'),json_extract(value,'$.agent_id'),json_extract(value,'$.outcome')," \
    "json_extract(value,'$.reason'),json_extract(value,'$.credit'),json_extract(value,'$.seen'),json_extract(value,'$.met')"               \
    "FROM json_each(?1,'$.behaviours')"
#define CM_SQLITE_CLEAR_DIMENSIONS "DELETE FROM dimensions WHERE interaction_id=?2 AND pack=?3"
#define CM_SQLITE_CLEAR_BEHAVIOURS "DELETE FROM behaviours WHERE interaction_id=?2 AND pack=?3"

#define CM_SQLITE_FIND "SELECT card FROM scorecards WHERE interaction_id=?1 ORDER BY pack"

#define CM_SQLITE_COUNT "SELECT CAST(count(*)AS TEXT)FROM scorecards WHERE customer_id=?1"

/* ?1 the customer; scorecards last, since they say which rows of the others are his. */
#define CM_SQLITE_ERASE_DIMENSIONS                                                                                                         \
    "DELETE FROM dimensions WHERE(interaction_id,pack)IN(SELECT interaction_id,pack FROM scorecards WHERE customer_id=?1)"
#define CM_SQLITE_ERASE_BEHAVIOURS                                                                                                         \
    "DELETE FROM behaviours WHERE(interaction_id,pack)IN(SELECT interaction_id,pack FROM scorecards WHERE customer_id=?1)"
#define CM_SQLITE_ERASE_CARDS "DELETE FROM scorecards WHERE customer_id=?1"

#endif
