/* A configuration as YAML: every key with its value and what it does. */
#include "live/config/config_reading.h"

#include "base/quantity.h"
#include "kafka/client.h"

#define LINE_MAX_BYTES 100u

/* Plain where nobody could take it for anything else; else in double quotes. */
static bool is_plain(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-:";
    size_t len = strlen(text);
    bool starts = len > 0 && strspn(text, safe) == len && text[0] != ':';
    return starts && text[len - 1] != ':' && !(text[0] == '-' && !(text[1] >= '0' && text[1] <= 'z')) && text[0] != '.';
}

static void write_text(struct cm_buffer *out, const char *text)
{
    if (is_plain(text)) {
        cm_buffer_text(out, text);
        return;
    }
    cm_buffer_byte(out, '"');
    for (const char *at = text; *at; at++)
        if (*at == '"' || *at == '\\')
            cm_buffer_printf(out, "\\%c", *at);
        else if (*at == '\n')
            cm_buffer_text(out, "\\n");
        else if ((unsigned char)*at < 0x20 || *at == 0x7F)
            cm_buffer_printf(out, "\\x%02X", (unsigned)*at);
        else
            cm_buffer_byte(out, *at);
    cm_buffer_byte(out, '"');
}

/* A comment, broken at spaces. */
static void write_comment(struct cm_buffer *out, int indent, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > LINE_MAX_BYTES) {
            cm_buffer_byte(out, '\n');
            column = 0;
        }
        if (column == 0)
            cm_buffer_printf(out, "%*s# ", indent, "");
        else
            cm_buffer_byte(out, ' ');
        cm_buffer_append(out, text, len);
        column += len + (column == 0 ? (size_t)indent + 2 : 1);
        text += len + (text[len] == ' ');
    }
    cm_buffer_byte(out, '\n');
}

/* The sentence, and what the default is; of words also which there are. */
static void write_meaning(const struct cm_config_key *key, int indent, struct cm_buffer *out)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    size_t len = strlen(key->otherwise);
    bool words = key->otherwise[0] == '(';
    cm_buffer_printf(&text, "%s Default: %.*s", key->meaning, (int)(words ? len - 2 : len), key->otherwise + words);
    if (key->kind == CM_CONFIG_WORD) {
        cm_buffer_text(&text, " (");
        cm_config_form(key, &text);
        cm_buffer_byte(&text, ')');
    }
    cm_buffer_append(&text, ".", sizeof "."); /* with its end */
    if (cm_buffer_status(&text) == CM_OK)
        write_comment(out, indent, text.ptr);
    else
        out->failed = true;
    cm_buffer_free(&text);
}

static size_t count_of(const struct cm_config *config, const struct cm_config_key *key)
{
    switch (key->kind) {
    case CM_CONFIG_SOURCES:
        return config->source_count;
    case CM_CONFIG_SINKS:
        return config->sink_count;
    case CM_CONFIG_PACKS:
        return config->pack_count;
    default:
        return config->board.host_count;
    }
}

static const char *item_of(const struct cm_config *config, const struct cm_config_key *key, size_t at)
{
    switch (key->kind) {
    case CM_CONFIG_SOURCES:
        return config->sources[at].text;
    case CM_CONFIG_SINKS:
        return config->sinks[at].text;
    case CM_CONFIG_PACKS:
        return config->packs[at];
    default:
        return config->board.hosts[at];
    }
}

static void write_list(const struct cm_config *config, const struct cm_config_key *key, struct cm_buffer *out)
{
    size_t count = count_of(config, key);
    cm_buffer_text(out, count ? "\n" : " []\n");
    for (size_t i = 0; i < count; i++) {
        cm_buffer_text(out, "  - ");
        write_text(out, item_of(config, key, i));
        cm_buffer_byte(out, '\n');
    }
}

static void write_targets(const struct cm_config *config, struct cm_buffer *out)
{
    cm_buffer_text(out, " {");
    for (size_t i = 0; i < config->board.target_count; i++) {
        cm_buffer_text(out, i ? ", " : "");
        write_text(out, config->board.targets[i].dimension);
        cm_buffer_text(out, ": ");
        cm_buffer_unsigned(out, (uint64_t)config->board.targets[i].score);
    }
    cm_buffer_text(out, "}\n");
}

static void write_properties(const struct cm_config *config, struct cm_buffer *out)
{
    cm_buffer_text(out, config->kafka_count ? "\n" : " {}\n");
    for (size_t i = 0; i < config->kafka_count; i++) {
        const struct cm_config_origin *origin = &config->kafka_origin[i];
        cm_buffer_text(out, "  ");
        write_text(out, config->kafka[i].name);
        cm_buffer_text(out, ": ");
        if (origin->file || origin->env) {
            cm_buffer_text(out, origin->file ? "{file: " : "{env: ");
            write_text(out, origin->file ? origin->file : origin->env);
            cm_buffer_byte(out, '}');
        } else {
            bool secret = cm_kafka_property_is_secret(config->kafka[i].name);
            write_text(out, secret ? CM_CONFIG_BLANK : config->kafka[i].value);
        }
        cm_buffer_byte(out, '\n');
    }
}

/* A value that stands behind its key in one line. */
static void write_scalar(const struct cm_config_key *key, const void *member, struct cm_buffer *out)
{
    switch (key->kind) {
    case CM_CONFIG_BOOL:
        cm_buffer_text(out, *(const bool *)member ? "true" : "false");
        break;
    case CM_CONFIG_WORD:
        cm_buffer_text(out, key->words[*(const int *)member]);
        break;
    case CM_CONFIG_NUMBER:
        cm_buffer_unsigned(out, *(const uint64_t *)member);
        break;
    case CM_CONFIG_REPLICATION:
    case CM_CONFIG_SCORE:
        cm_buffer_decimal(out, *(const int64_t *)member, 0);
        break;
    case CM_CONFIG_DURATION:
        cm_duration_write(out, *(const int64_t *)member);
        break;
    case CM_CONFIG_SIZE:
        cm_size_write(out, *(const uint64_t *)member);
        break;
    default:
        write_text(out, *(const char *const *)member);
        break;
    }
    cm_buffer_byte(out, '\n');
}

static void write_key(const struct cm_config *config, const struct cm_config_key *key, const char *name, int indent, struct cm_buffer *out)
{
    const void *member = (const char *)config + key->offset;
    bool text = key->kind == CM_CONFIG_PATH || key->kind == CM_CONFIG_ADDRESS || key->kind == CM_CONFIG_URL;
    bool unset = text ? !*(const char *const *)member : key->kind == CM_CONFIG_SCORE && *(const int64_t *)member < 0;
    write_meaning(key, indent, out);
    cm_buffer_printf(out, "%*s%s%s:", indent, "", unset ? "# " : "", name);
    if (unset) {
        cm_buffer_byte(out, '\n');
    } else if (key->kind <= CM_CONFIG_HOSTS) {
        write_list(config, key, out);
    } else if (key->kind == CM_CONFIG_PROPERTIES) {
        write_properties(config, out);
    } else if (key->kind == CM_CONFIG_TARGETS) {
        write_targets(config, out);
    } else {
        cm_buffer_byte(out, ' ');
        write_scalar(key, member, out);
    }
}

void cm_config_print(const struct cm_config *config, struct cm_buffer *out)
{
    struct cm_span section = {"", 0};
    cm_buffer_text(out, "# caremeter serve: every key, with its value here. A key that is left out has its default.\n");
    for (size_t i = 0; i < cm_config_key_count; i++) {
        const struct cm_config_key *key = &cm_config_keys[i];
        const char *dot = strchr(key->path, '.');
        struct cm_span of = {key->path, dot ? (size_t)(dot - key->path) : 0};
        bool opens = of.len > 0 && !cm_span_equal(of, section);
        if (opens || of.len == 0)
            cm_buffer_byte(out, '\n');
        if (opens)
            cm_buffer_printf(out, "%.*s:\n", (int)of.len, of.ptr);
        section = of;
        write_key(config, key, dot ? dot + 1 : key->path, dot ? 2 : 0, out);
    }
}
