/*
 * peer: what the C++ peers share: turns and cues read, passes answered, as
 * README.md of the folder above says. A peer is a type Set with
 *
 *   void compile(const std::vector<pattern> &patterns, size_t cue_count);
 *   void scan(std::string_view turn, hits &found);     calls found.hit(cue)
 *
 * Single-threaded, header only.
 */
#ifndef CM_BENCH_PEER_HPP
#define CM_BENCH_PEER_HPP

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct pattern {
    std::string text;
    unsigned cue;
};

/* Distinct (turn, cue) pairs. */
struct hits {
    std::vector<uint64_t> last; /* by cue: the turn last counted, from 1 */
    std::vector<uint64_t> counts;
    uint64_t turn = 0, pairs = 0;

    bool has(unsigned cue) const
    {
        return last[cue] == turn;
    }

    void hit(unsigned cue)
    {
        if (has(cue))
            return;
        last[cue] = turn;
        counts[cue]++;
        pairs++;
    }
};

[[noreturn]] inline void die(const std::string &what)
{
    std::cerr << what << '\n';
    std::exit(2);
}

inline double seconds(clockid_t clock)
{
    timespec now;
    clock_gettime(clock, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

template <typename Set> class peer
{
    struct turn {
        Set *set; /* nullptr: no cue hears this speaker */
        std::string text;
    };

    std::vector<std::string> cues;
    std::map<unsigned, std::vector<pattern>> by_speaker; /* bit of a speaker */
    std::vector<std::unique_ptr<Set>> sets;              /* speakers with the same patterns share one */
    std::map<unsigned, Set *> set_of;
    std::vector<turn> turns;
    size_t pattern_count = 0;
    hits found;

    void read_cues(const char *path)
    {
        std::unordered_map<std::string, unsigned> numbers;
        std::ifstream file(path);
        if (!file)
            die(std::string("cannot read ") + path);
        for (std::string line; std::getline(file, line);) {
            size_t one = line.find('\t'), two = line.find('\t', one + 1);
            if (two == std::string::npos)
                die("a line of the cues is not cue, speakers, pattern");
            unsigned speakers = unsigned(std::stoul(line.substr(one + 1, two - one - 1)));
            auto [place, fresh] = numbers.emplace(line.substr(0, one), unsigned(cues.size()));
            if (fresh)
                cues.push_back(place->first);
            for (unsigned bit = 1; bit < 64; bit <<= 1)
                if (speakers & bit)
                    by_speaker[bit].push_back({line.substr(two + 1), place->second});
        }
    }

    void compile()
    {
        std::map<std::string, Set *> made;
        for (auto &[bit, patterns] : by_speaker) {
            std::string key;
            for (const pattern &one : patterns)
                key += std::to_string(one.cue) + ' ' + one.text + '\n';
            Set *&set = made[key];
            if (!set) {
                sets.push_back(std::make_unique<Set>());
                set = sets.back().get();
                set->compile(patterns, cues.size());
                pattern_count += patterns.size();
            }
            set_of[bit] = set;
        }
        found.last.assign(cues.size(), 0);
        found.counts.assign(cues.size(), 0);
    }

    /* Turns are laid out before anything is timed: mark, space, tokens, space, mark. */
    void read_turns(const char *path)
    {
        std::ifstream file(path, std::ios::binary);
        if (!file)
            die(std::string("cannot read ") + path);
        for (std::string record; std::getline(file, record, '\0');) {
            size_t tab = record.find('\t');
            if (tab == std::string::npos)
                die("a turn is not speaker, text");
            auto set = set_of.find(unsigned(std::stoul(record)));
            turns.push_back({set == set_of.end() ? nullptr : set->second, "\x1e " + record.substr(tab + 1) + " \x1e"});
        }
    }

    void pass(size_t from, size_t to)
    {
        found.counts.assign(cues.size(), 0);
        found.pairs = 0;
        for (size_t i = from; i < to; i++) {
            found.turn++;
            if (turns[i].set)
                turns[i].set->scan(turns[i].text, found);
        }
    }

    void answer()
    {
        size_t from, to;
        for (std::string path; std::cin >> from >> to && std::getline(std::cin >> std::ws, path);) {
            if (from > to || to > turns.size())
                die("no such turns");
            double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
            pass(from, to);
            wall = seconds(CLOCK_MONOTONIC) - wall;
            cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
            std::ofstream file(path);
            for (size_t i = 0; i < cues.size(); i++)
                file << cues[i] << '\t' << found.counts[i] << '\n';
            if (!file.flush())
                die("cannot write " + path);
            printf("{\"seconds\": %.9f, \"cpu_seconds\": %.9f, \"pairs\": %llu}\n", wall, cpu, (unsigned long long)found.pairs);
            fflush(stdout);
        }
    }

  public:
    int run(int argc, char **argv, const std::string &name)
    {
        if (argc != 4)
            die("usage: peer TURNS CUES TREES");
        read_cues(argv[2]);
        double begin = seconds(CLOCK_MONOTONIC);
        compile();
        double compiled = seconds(CLOCK_MONOTONIC) - begin;
        read_turns(argv[1]);
        printf("{\"peer\": \"%s\", \"patterns\": %zu, \"turns\": %zu, \"compile_seconds\": %.6f}\n", name.c_str(), pattern_count,
               turns.size(), compiled);
        fflush(stdout);
        answer();
        return 0;
    }
};

#endif
