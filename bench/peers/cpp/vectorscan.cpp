/*
 * Vectorscan, a turn at a time, as a program would call it that answers turn by
 * turn. bare_loop has it over 64 KiB blocks, which is how it is fastest.
 */
#include <hs.h>

#include "peer.hpp"

struct vectorscan {
    hs_database_t *database = nullptr;
    hs_scratch_t *scratch = nullptr;

    void compile(const std::vector<pattern> &patterns, size_t)
    {
        std::vector<const char *> texts;
        std::vector<unsigned> cues, flags(patterns.size(), 0);
        for (const pattern &one : patterns) {
            texts.push_back(one.text.c_str());
            cues.push_back(one.cue);
        }
        hs_compile_error_t *error = nullptr;
        if (hs_compile_multi(texts.data(), flags.data(), cues.data(), unsigned(texts.size()), HS_MODE_BLOCK, nullptr, &database, &error) !=
            HS_SUCCESS)
            die(std::string("Vectorscan: ") + error->message);
        if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
            die("Vectorscan: no scratch");
    }

    static int on_match(unsigned cue, unsigned long long, unsigned long long, unsigned, void *found)
    {
        static_cast<hits *>(found)->hit(cue);
        return 0;
    }

    void scan(std::string_view turn, hits &found)
    {
        if (hs_scan(database, turn.data(), unsigned(turn.size()), 0, scratch, on_match, &found) != HS_SUCCESS)
            die("Vectorscan: a scan failed");
    }
};

int main(int argc, char **argv)
{
    return peer<vectorscan>().run(argc, argv, "Vectorscan " + std::string(hs_version()).substr(0, std::string(hs_version()).find(' ')));
}
