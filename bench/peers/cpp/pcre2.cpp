/*
 * PCRE2, compiled by its JIT, rule by rule: what most programs do that have a
 * list of regular expressions. A cue that has been heard is not looked for again.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "peer.hpp"

struct pcre2_list {
    struct rule {
        pcre2_code *code;
        unsigned cue;
    };

    std::vector<rule> rules;
    pcre2_match_data *match = pcre2_match_data_create(1, nullptr);

    void compile(const std::vector<pattern> &patterns, size_t)
    {
        for (const pattern &one : patterns) {
            int error;
            PCRE2_SIZE at;
            pcre2_code *code = pcre2_compile(PCRE2_SPTR(one.text.data()), one.text.size(), PCRE2_NO_AUTO_CAPTURE, &error, &at, nullptr);
            if (!code || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0)
                die("PCRE2: cannot compile " + one.text);
            rules.push_back({code, one.cue});
        }
    }

    void scan(std::string_view turn, hits &found)
    {
        for (const rule &one : rules) {
            if (found.has(one.cue))
                continue;
            int got = pcre2_jit_match(one.code, PCRE2_SPTR(turn.data()), turn.size(), 0, 0, match, nullptr);
            if (got >= 0)
                found.hit(one.cue);
            else if (got != PCRE2_ERROR_NOMATCH)
                die("PCRE2: a match failed, " + std::to_string(got));
        }
    }
};

int main(int argc, char **argv)
{
    char version[64];
    pcre2_config(PCRE2_CONFIG_VERSION, version);
    return peer<pcre2_list>().run(argc, argv, "PCRE2 JIT " + std::string(version).substr(0, std::string(version).find(' ')));
}
