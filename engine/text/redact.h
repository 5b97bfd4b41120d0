/*
 * redact: nothing that identifies a person leaves in a quote.
 *
 * Card numbers (Luhn), e-mail addresses, phone numbers, IBANs (mod 97),
 * IPv4 addresses, national ids, and the words of the customer's name where it is
 * known. What is found becomes a mask such as [card]. Patterns are data under
 * rules/redaction/.
 * A redaction that fails withholds the text: the caller gets CM_ELIMIT and
 * writes no quote.
 *
 * The redactor is an immutable image; a redaction scratch belongs to one thread.
 * This and match/ are the only places that see PCRE2.
 */
#ifndef CM_TEXT_REDACT_H
#define CM_TEXT_REDACT_H

#include "base/buffer.h"
#include "base/diag.h"

/* Quotes are cut to this many bytes at a character boundary. */
#define CM_QUOTE_MAX_BYTES ((size_t)160)

struct cm_redactor;
struct cm_redaction;

enum cm_status cm_redactor_load(const char *folder, struct cm_diagnostics *diagnostics, struct cm_redactor **out) CM_MUST_CHECK;
void cm_redactor_free(struct cm_redactor *redactor);
/* Of the patterns in their order, not of comments: equal ones hide the same. */
uint64_t cm_redactor_hash(const struct cm_redactor *redactor);

enum cm_status cm_redaction_new(const struct cm_redactor *redactor, struct cm_redaction **out) CM_MUST_CHECK;
void cm_redaction_free(struct cm_redaction *redaction);

/*
 * Look the whole of a text through, once; quotes are then cut from it. text
 * (any bytes, at most CM_TEXT_MAX_BYTES) is borrowed until the next call.
 * customer_name may be empty. CM_ELIMIT: a pattern hit its limit, nothing may
 * be quoted from this text.
 */
enum cm_status cm_redact_text(struct cm_redaction *redaction, struct cm_span text, struct cm_span customer_name) CM_MUST_CHECK;

/*
 * Append bytes [start, end) of the text last looked through, masks in place of
 * what identifies (a mask also where the range cuts into one), bad UTF-8
 * replaced, cut to max bytes at a character boundary. max 0: uncut.
 */
void cm_redact_quote(const struct cm_redaction *redaction, size_t start, size_t end, size_t max, struct cm_buffer *out);

#endif
