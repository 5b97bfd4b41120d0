#include <criterion/criterion.h>

#include "study/labels/half.h"
#include "study/labels/labels.h"
#include "text/fold.h"

static struct cm_labels labels;
static struct cm_diagnostics diagnostics;

static enum cm_status read_as(const char *file, const char *text)
{
    return cm_labels_read(&labels, file, cm_span_of(text), &diagnostics);
}

static void stop(void)
{
    cm_labels_free(&labels);
    cm_diagnostics_free(&diagnostics);
}

TestSuite(labels, .fini = stop);

static bool carries(size_t item, const char *name)
{
    uint32_t index = cm_labels_find(&labels, cm_span_of(name));
    return index != CM_CUE_NONE && cm_heard_has(labels.items[item].labels, labels.items[item].label_count, index);
}

static bool says(const struct cm_said *said, enum cm_speaker speaker, const char *text)
{
    return said->speaker == speaker && cm_span_equal(said->text, cm_span_of(text));
}

Test(labels, a_turn)
{
    cr_assert_eq(read_as("a.ndjson",
                         "\xEF\xBB\xBF{\"id\":\"c:1:4\",\"speaker\":\"agent\",\"before\":[\"customer: a: b\",\"bot:\"],\"text\":\"hi\","
                         "\"labels\":[\"greet\",\"ack\",\"greet\"],\"disputed\":[\"name\"],\"channel\":\"call\",\"x\":{}}\r\n\n"),
                 CM_OK);
    cr_assert_eq(labels.count, 1);
    const struct cm_labelled *item = &labels.items[0];
    cr_assert(cm_span_equal(item->conversation, CM_SPAN("c:1")));
    cr_assert_eq(item->channel, CM_CHANNEL_CALL);
    cr_assert_eq(item->turn_count, 3);
    cr_assert(says(&item->turns[0], CM_SPEAKER_CUSTOMER, "a: b"));
    cr_assert(says(&item->turns[1], CM_SPEAKER_BOT, ""));
    cr_assert(says(cm_labelled_turn(item), CM_SPEAKER_AGENT, "hi"));
    cr_assert_eq(item->label_count, 2, "a label twice is a label");
    cr_assert(carries(0, "greet") && carries(0, "ack") && !carries(0, "name"));
    cr_assert_eq(item->disputed_count, 1);
    cr_assert_eq(item->line, 1);
    cr_assert_str_eq(item->file, "a.ndjson");
}

Test(labels, disputed_as_a_whole)
{
    cr_assert_eq(read_as("a", "{\"speaker\":\"agent\",\"text\":\"a\",\"labels\":[],\"disputed\":true}\n"
                              "{\"speaker\":\"agent\",\"text\":\"a\",\"labels\":[],\"disputed\":false}\n"
                              "{\"speaker\":\"agent\",\"text\":\"a\",\"labels\":[],\"disputed\":null}"),
                 CM_OK);
    cr_assert(labels.items[0].all_disputed && !labels.items[1].all_disputed && !labels.items[2].all_disputed);
    cr_assert(cm_span_equal(labels.items[0].conversation, CM_SPAN("a")), "without an id the text says which half");
}

Test(labels, events_hear_what_came_before)
{
    cr_assert_eq(read_as("a", "{\"interaction_id\":\"b\",\"seq\":2,\"speaker\":\"agent\",\"text\":\"three\",\"labels\":[\"x\"]}\n"
                              "{\"interaction_id\":\"a\",\"seq\":9,\"speaker\":\"agent\",\"text\":\"alone\",\"labels\":[]}\n"
                              "{\"interaction_id\":\"b\",\"seq\":0,\"speaker\":\"customer\",\"text\":\"one\"}\n"
                              "{\"interaction_id\":\"b\",\"seq\":1,\"speaker\":\"bot\",\"text\":\"two\",\"labels\":null}\n"
                              "{\"interaction_id\":\"b\",\"seq\":3,\"type\":\"end\"}\n"),
                 CM_OK);
    cr_assert_eq(labels.count, 2);
    cr_assert(cm_span_equal(labels.items[0].id, CM_SPAN("b:2")));
    cr_assert(cm_span_equal(labels.items[0].conversation, CM_SPAN("b")));
    cr_assert_eq(labels.items[0].turn_count, 3);
    cr_assert(says(&labels.items[0].turns[0], CM_SPEAKER_CUSTOMER, "one"));
    cr_assert(says(&labels.items[0].turns[1], CM_SPEAKER_BOT, "two"));
    cr_assert(says(cm_labelled_turn(&labels.items[0]), CM_SPEAKER_AGENT, "three"));
    cr_assert_eq(labels.items[1].turn_count, 1);
}

Test(labels, context_has_an_end)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    for (unsigned i = 0; i < CM_LABEL_BEFORE_MAX + 50; i++)
        cm_buffer_printf(&text, "{\"interaction_id\":\"a\",\"seq\":%u,\"speaker\":\"agent\",\"text\":\"%u\",\"labels\":[]}\n", i, i);
    cr_assert_eq(cm_labels_read(&labels, "a", cm_buffer_view(&text), &diagnostics), CM_OK);
    cr_assert_eq(labels.items[labels.count - 1].turn_count, CM_LABEL_BEFORE_MAX + 1);
    cr_assert(says(&labels.items[labels.count - 1].turns[0], CM_SPEAKER_AGENT, "49"));
    cm_buffer_free(&text);
}

Test(labels, csv_of_other_spreadsheets)
{
    static const char *const files[] = {"speaker;text;machine;human\r\nagent;\"a; b, c\";\"y\";\"x; y\"\r\nagent;b;;  \r\nagent;c;;-\r\n",
                                        "speaker\ttext\tmachine\thuman\nagent\ta; b, c\ty\tx y\nagent\tb\t\t \nagent\tc\t\t-\n"};
    for (size_t i = 0; i < 2; i++) {
        cr_assert_eq(read_as("a.csv", files[i]), CM_OK);
        cr_assert_eq(labels.count, 2, "a blank is not labelled");
        cr_assert(cm_span_equal(cm_labelled_turn(&labels.items[0])->text, CM_SPAN("a; b, c")));
        cr_assert_eq(labels.items[0].label_count, 2);
        cr_assert(labels.items[0].by_human && cm_span_equal(labels.items[0].machine, CM_SPAN("y")));
        cr_assert_eq(labels.items[1].label_count, 0);
        cm_labels_free(&labels);
    }
}

Test(labels, csv)
{
    cr_assert_eq(read_as("a.csv", "text,unknown,human,labels,speaker,before,id,machine,disputed\r\n"
                                  "\"a \"\"b\"\",\r\nc\",x,,greet;ack,agent,\"customer: one\nstill one\nagent: two\",c:1,bye,name\r\n"
                                  "d,x,-,greet,customer,,c:2,bye,true\n"
                                  "e,x,bye,greet,customer,,c:3,,\n"
                                  "f,x,,,customer,,c:4,greet,\n"),
                 CM_OK);
    cr_assert_eq(labels.count, 3, "a row without labels has not been labelled");
    cr_assert(says(cm_labelled_turn(&labels.items[0]), CM_SPEAKER_AGENT, "a \"b\",\r\nc"));
    cr_assert(says(&labels.items[0].turns[0], CM_SPEAKER_CUSTOMER, "one\nstill one"));
    cr_assert(says(&labels.items[0].turns[1], CM_SPEAKER_AGENT, "two"));
    cr_assert(carries(0, "greet") && carries(0, "ack"));
    cr_assert_eq(cm_labels_find(&labels, CM_SPAN("machine")), CM_CUE_NONE);
    cr_assert_eq(labels.items[0].disputed_count, 1);
    cr_assert(!carries(1, "greet") && labels.items[1].label_count == 0, "- is no label at all");
    cr_assert(labels.items[1].all_disputed);
    cr_assert_eq(labels.items[1].line, 6, "lines within quotes count");
    cr_assert(carries(2, "bye") && !carries(2, "greet"), "the human's word stands");
}

static void refuses(const char *file, const char *text, const char *id, uint32_t line, uint32_t column)
{
    cr_expect_eq(read_as(file, text), CM_EINPUT, "%s", text);
    const struct cm_diagnostic *found = cm_diagnostics_find(&diagnostics, id);
    cr_expect(found != NULL, "%s: no %s", text, id);
    if (found)
        cr_expect(found->place.line == line && found->place.column == column, "%s: %u:%u", text, found->place.line, found->place.column);
    stop();
}

Test(labels, what_does_not_fit)
{
    refuses("a", "", "label-file-empty", 0, 0);
    refuses("a", "\n \n", "label-none", 0, 0);
    refuses("a", "{\"interaction_id\":\"a\",\"speaker\":\"agent\",\"text\":\"a\"}", "label-none", 0, 0);
    refuses("a", "\n{\"speaker\":\"agent\",\"labels\":[]}", "label-key-missing", 2, 1);
    refuses("a", "{\"speaker\":\"ag\",\"text\":\"\xC3\xA9\",\"labels\":[]}", "label-speaker", 1, 12);
    refuses("a", "{\"text\":\"\xC3\xA9\",\"speaker\":\"x\",\"labels\":[]}", "label-speaker", 1, 23);
    refuses("a", "{\"text\":\"a\",\"speaker\":\"agent\",\"labels\":[\"\"]}", "label-type", 1, 41);
    refuses("a", "{\"text\":\"a\",\"speaker\":\"agent\",\"labels\":[],\"disputed\":3}", "label-type", 1, 54);
    refuses("a", "{\"text\":\"a\",\"speaker\":\"agent\",\"labels\":[],\"channel\":\"fax\"}", "label-type", 1, 53);
    refuses("a.csv", "", "label-file-empty", 0, 0);
    refuses("a.csv", "text,speaker\n", "label-key-missing", 1, 1);
    refuses("a.csv", "text,speaker,labels\na,x,y\n", "label-speaker", 2, 1);
    refuses("a.csv", "text,speaker,labels\n\"a\"b,agent,y\n", "label-csv", 2, 1);
    refuses("a.csv", "text,speaker,labels\n\xE9,agent,y\n", "label-encoding", 2, 1);
    refuses("a.csv", "text,speaker,labels,before\na,agent,y,nobody\n", "label-before", 2, 1);
}

Test(labels, too_long)
{
    struct cm_buffer text = CM_BUFFER_EMPTY;
    cm_buffer_text(&text, "{\"speaker\":\"agent\",\"labels\":[],\"text\":\"");
    for (size_t i = 0; i <= CM_TEXT_MAX_BYTES; i++)
        cm_buffer_byte(&text, 'a');
    cm_buffer_text(&text, "\"}");
    cr_assert_eq(cm_labels_read(&labels, "a", cm_buffer_view(&text), &diagnostics), CM_EINPUT);
    cr_assert_not_null(cm_diagnostics_find(&diagnostics, "label-text-long"));
    cm_buffer_free(&text);
}
