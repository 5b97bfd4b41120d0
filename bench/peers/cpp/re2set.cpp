/*
 * RE2::Set: all patterns in one automaton, which says which of them match. It
 * builds its states while it scans (README.md tells what that means for fresh text).
 */
#include <re2/re2.h>
#include <re2/set.h>

#include "peer.hpp"

/* For states; the most that one set took in 5,000 gapped phrases. Too little makes RE2 fall back, and give wrong answers for sets. */
constexpr int64_t memory_bytes = int64_t(2) << 30;

struct re2_set {
    std::unique_ptr<RE2::Set> set;
    std::vector<unsigned> cue_of;
    std::vector<int> matched;

    void compile(const std::vector<pattern> &patterns, size_t)
    {
        RE2::Options options;
        options.set_encoding(RE2::Options::EncodingLatin1); /* bytes, as everybody gets them */
        options.set_never_capture(true);
        options.set_max_mem(memory_bytes);
        options.set_log_errors(false);
        set = std::make_unique<RE2::Set>(options, RE2::UNANCHORED);
        for (const pattern &one : patterns) {
            std::string error;
            if (set->Add(one.text, &error) < 0)
                die("RE2: " + error + ": " + one.text);
            cue_of.push_back(one.cue);
        }
        if (!set->Compile())
            die("RE2: out of memory");
    }

    void scan(std::string_view turn, hits &found)
    {
        RE2::Set::ErrorInfo error;
        if (!set->Match({turn.data(), turn.size()}, &matched, &error)) {
            if (error.kind != RE2::Set::kNoError)
                die("RE2: a scan failed");
            return;
        }
        for (int one : matched)
            found.hit(cue_of[size_t(one)]);
    }
};

int main(int argc, char **argv)
{
    return peer<re2_set>().run(argc, argv, "RE2::Set");
}
