/*
 * Any bytes as what a state topic holds: an interaction's state (s), the records in it (p), a manifest (m), a key (k), the names of
 * cues (n); the first byte says which. Refused, or whole: what was read can be judged, and is written as it was read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "live/owner/state.h"
#include "live/owner/worker.h"
#include "live/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static struct cm_rules *rules(void)
{
    static struct cm_rules *loaded;
    const char *name = CM_SOURCE_DIR "/tests/e2e/pack";
    struct cm_diagnostics diagnostics = CM_DIAGNOSTICS_EMPTY;
    if (!loaded)
        check(cm_rules_load(&name, 1, &diagnostics, &loaded) == CM_OK);
    cm_diagnostics_free(&diagnostics);
    return loaded;
}

/* Records are judged, or refused; those that were let through are packed again, and come back as they are. */
static void check_packed(struct cm_span packed)
{
    static struct cm_live_worker *worker;
    static struct cm_buffer records, again, out, scratch;
    const struct cm_render_options render = {.evidence = CM_EVIDENCE_QUOTES};
    struct cm_packed made = {0};
    struct cm_span record;
    size_t end;
    if (!worker)
        check(cm_live_worker_new(&render, &worker) == CM_OK);
    cm_buffer_reset(&records);
    cm_buffer_reset(&again);
    cm_buffer_reset(&out);
    enum cm_status status = cm_packed_unpack(packed, &records);
    check(status == CM_OK || status == CM_EINPUT);
    struct cm_plea plea = {.rules = rules(), .packed = packed, .final = true};
    if (status == CM_OK) {
        enum cm_status judged = cm_live_worker_judge(worker, &plea, &out, &end);
        check(judged == CM_OK || judged == CM_EINPUT);
    }
    struct cm_span stream = cm_buffer_view(&records);
    while (status == CM_OK && cm_record_next(&stream, &record))
        status = cm_packed_add(&made, record, &scratch);
    if (status == CM_OK && made.bytes) {
        check(cm_packed_unpack((struct cm_span){made.bytes, made.len}, &again) == CM_OK);
        check(stream.len == 0 && cm_span_equal(cm_buffer_view(&again), cm_buffer_view(&records)));
    }
    cm_packed_free(&made);
}

static void check_state(const struct cm_span value)
{
    struct cm_state_view view;
    enum cm_status status = cm_state_decode(value, &view);
    check(status == CM_OK || status == CM_EINPUT || status == CM_ERULES);
    if (status == CM_OK && view.phase != CM_PHASE_MARKER)
        check_packed(view.packed);
}

static void check_manifest(struct cm_span value)
{
    struct cm_manifest manifest, again;
    struct cm_buffer out = CM_BUFFER_EMPTY;
    if (cm_manifest_decode(value, &manifest) != CM_OK)
        return;
    cm_manifest_encode(&out, &manifest);
    check(cm_manifest_decode(cm_buffer_view(&out), &again) == CM_OK);
    check(again.position == manifest.position && again.epoch == manifest.epoch && again.count == manifest.count &&
          again.clock == manifest.clock && again.timed == manifest.timed && again.checksum == manifest.checksum);
    cm_buffer_free(&out);
}

static void check_key(struct cm_span key)
{
    struct cm_buffer out = CM_BUFFER_EMPTY;
    struct cm_span id;
    struct cm_hash128 hash;
    enum cm_key_kind kind = cm_state_key_kind(key, &id, &hash);
    if (kind == CM_KEY_INTERACTION)
        cm_state_key(&out, id);
    if (kind == CM_KEY_PACK)
        cm_state_pack_key(&out, hash);
    check(out.len == 0 || cm_span_equal(cm_buffer_view(&out), key));
    cm_buffer_free(&out);
}

static void check_names(struct cm_span names)
{
    struct cm_cue_map map;
    enum cm_status status = cm_cue_map_new(names, rules(), &map);
    check(status == CM_OK || status == CM_EINPUT);
    cm_cue_map_free(&map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cm_span bytes = {(const char *)data + 1, size ? size - 1 : 0};
    if (size == 0)
        return 0;
    if (data[0] == 'p')
        check_packed(bytes);
    else if (data[0] == 'm')
        check_manifest(bytes);
    else if (data[0] == 'k')
        check_key(bytes);
    else if (data[0] == 'n')
        check_names(bytes);
    else
        check_state(bytes);
    return 0;
}
