/*
 * bare_loop: the named peer of `caremeter score`. simdjson's on-demand decoder,
 * then Vectorscan over 64 KiB blocks of turns, for the cues of a pack. It folds
 * nothing, judges nothing, keeps nothing and writes nothing: the least that
 * anyone could do who wanted to know which cue is in which turn.
 *
 *   bare_loop ARCHIVE CUES [--counts FILE] [--databases PREFIX]
 *
 * ARCHIVE and CUES are export's: text already folded, its tokens between single
 * spaces, a sentence end a newline between spaces; a line of CUES is
 * cue TAB speakers (a bit set) TAB pattern. Turns are laid into one block per
 * set of cues, each between a mark and spaces, so that no pattern needs a
 * look-around: "^" is the mark. One JSON line of results on stdout.
 *
 * --databases: compiled sets are read from PREFIX.0, PREFIX.1 …, and written there
 * where they are not or another Vectorscan made them, for compiling takes seconds
 * and is not what is measured. Whoever names PREFIX answers for its being of CUES.
 */
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <hs.h>
#include <simdjson.h>

#include "bare_loop.h"

namespace
{

/* What Vectorscan streams best over: more gains nothing, a turn at a time loses two thirds (README.md). */
#define BENCH_TEXT_OF(x) #x
#define BENCH_TEXT(x) BENCH_TEXT_OF(x)

constexpr size_t block_bytes = 64 * 1024;
/* Documents that simdjson indexes at a time; its own default. */
constexpr size_t batch_bytes = 1000000;

[[noreturn]] void die(const std::string &what)
{
    std::cerr << "bare_loop: " << what << '\n';
    std::exit(2);
}

struct patterns {
    std::vector<std::string> texts;
    std::vector<unsigned> cues;
};

/* One compiled set and the block that is being filled for it. */
struct scanner {
    hs_database_t *database = nullptr;
    hs_scratch_t *scratch = nullptr;
    std::string block;
    std::vector<uint32_t> starts; /* of the block's turns */
    size_t at = 0;                /* the turn of the last match: matches come in the order of their ends */
    std::vector<uint64_t> last;   /* by cue: the turn last counted, plus one */
    std::vector<uint64_t> counts; /* by cue: distinct turns */
    uint64_t first_turn = 1;      /* number of the block's first turn */
    bool unordered = false;

    bool read(const std::string &path)
    {
        std::ifstream file(path, std::ios::binary);
        std::stringstream bytes;
        if (!file || !(bytes << file.rdbuf()))
            return false;
        std::string stored = bytes.str();
        return hs_deserialize_database(stored.data(), stored.size(), &database) == HS_SUCCESS;
    }

    void write(const std::string &path) const
    {
        char *bytes = nullptr;
        size_t size = 0;
        if (hs_serialize_database(database, &bytes, &size) != HS_SUCCESS)
            die("Vectorscan: a database cannot be stored");
        std::string fresh = path + ".new";
        std::ofstream file(fresh, std::ios::binary);
        file.write(bytes, std::streamsize(size));
        std::free(bytes);
        file.close();
        if (!file || std::rename(fresh.c_str(), path.c_str()) != 0)
            die("cannot write " + path);
    }

    void compile(const patterns &from)
    {
        std::vector<const char *> texts;
        for (const std::string &text : from.texts)
            texts.push_back(text.c_str());
        std::vector<unsigned> flags(texts.size(), 0);
        hs_compile_error_t *error = nullptr;
        if (hs_compile_multi(texts.data(), flags.data(), from.cues.data(), unsigned(texts.size()), HS_MODE_BLOCK, nullptr, &database,
                             &error) != HS_SUCCESS)
            die(std::string("Vectorscan: ") + error->message +
                (error->expression >= 0 ? ": " + from.texts[size_t(error->expression)] : ""));
    }

    /* path empty: compiled, and not kept */
    void open(const patterns &from, size_t cue_count, const std::string &path)
    {
        if (path.empty() || !read(path)) {
            compile(from);
            if (!path.empty())
                write(path);
        }
        if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS)
            die("Vectorscan: no scratch");
        block.reserve(2 * block_bytes);
        last.assign(cue_count, 0);
        counts.assign(cue_count, 0);
    }

    void hit(unsigned cue, uint64_t to)
    {
        /* The last byte of a match may be the next turn's mark; the one before it is in the turn. */
        uint64_t inside = to - 2;
        if (inside < starts[at]) {
            unordered = true;
            at = 0;
        }
        while (at + 1 < starts.size() && starts[at + 1] <= inside)
            at++;
        uint64_t turn = first_turn + at;
        if (last[cue] != turn) {
            last[cue] = turn;
            counts[cue]++;
        }
    }

    static int on_match(unsigned id, unsigned long long, unsigned long long to, unsigned, void *context)
    {
        static_cast<scanner *>(context)->hit(id, to);
        return 0;
    }

    void flush()
    {
        if (starts.empty())
            return;
        block.push_back(BENCH_TURN_MARK);
        at = 0;
        if (hs_scan(database, block.data(), unsigned(block.size()), 0, scratch, on_match, this) != HS_SUCCESS)
            die("Vectorscan: a scan failed");
        first_turn += starts.size();
        starts.clear();
        block.clear();
    }

    void add(std::string_view text)
    {
        if (block.size() + text.size() + 4 > block_bytes)
            flush();
        starts.push_back(uint32_t(block.size()));
        block.push_back(BENCH_TURN_MARK);
        block.push_back(' ');
        block.append(text);
        block.push_back(' ');
    }
};

struct cues {
    std::vector<std::string> names;
    std::map<unsigned, patterns> by_speaker; /* bit of a speaker */
};

cues read_cues(const char *path)
{
    cues out;
    std::unordered_map<std::string, unsigned> numbers;
    std::ifstream file(path);
    if (!file)
        die(std::string("cannot read ") + path);
    for (std::string line; std::getline(file, line);) {
        size_t one = line.find('\t'), two = line.find('\t', one + 1);
        if (two == std::string::npos)
            die("a line of the cues is not cue, speakers, pattern");
        std::string name = line.substr(0, one);
        unsigned speakers = unsigned(std::stoul(line.substr(one + 1, two - one - 1)));
        auto [place, fresh] = numbers.emplace(name, unsigned(out.names.size()));
        if (fresh)
            out.names.push_back(name);
        for (unsigned bit = 1; bit < 64; bit <<= 1)
            if (speakers & bit) {
                out.by_speaker[bit].texts.push_back(line.substr(two + 1));
                out.by_speaker[bit].cues.push_back(place->second);
            }
    }
    return out;
}

/* Speakers with the same cues share a set and a block. */
struct scanners {
    std::vector<std::unique_ptr<scanner>> all;
    scanner *by_speaker[BENCH_SPEAKERS] = {};

    void open(const cues &from, const std::string &prefix)
    {
        std::map<std::vector<std::string>, scanner *> made;
        for (int i = 0; i < BENCH_SPEAKERS; i++) {
            auto found = from.by_speaker.find(bench_speaker_bits[i]);
            if (found == from.by_speaker.end())
                continue;
            scanner *&one = made[found->second.texts];
            if (!one) {
                all.push_back(std::make_unique<scanner>());
                one = all.back().get();
                one->open(found->second, from.names.size(), prefix.empty() ? prefix : prefix + "." + std::to_string(all.size() - 1));
            }
            by_speaker[i] = one;
        }
    }

    scanner *find(std::string_view speaker) const
    {
        for (int i = 0; i < BENCH_SPEAKERS; i++)
            if (speaker == bench_speaker_names[i])
                return by_speaker[i];
        return nullptr;
    }
};

struct totals {
    uint64_t events = 0, turns = 0, text_bytes = 0, id_bytes = 0;
};

/* What a scorer could not do without: the conversation, its order, its clock, who speaks, and the text. */
void one_event(simdjson::ondemand::object event, const scanners &to, totals &sum)
{
    std::string_view id, speaker, text, ts, type;
    uint64_t seq = 0;
    bool has_text = false;
    for (auto field : event) {
        std::string_view key = field.unescaped_key();
        if (key == "interaction_id")
            id = field.value();
        else if (key == "seq")
            seq = field.value();
        else if (key == "ts")
            ts = field.value();
        else if (key == "type")
            type = field.value();
        else if (key == "speaker")
            speaker = field.value();
        else if (key == "text") {
            text = field.value();
            has_text = true;
        }
    }
    sum.events++;
    sum.id_bytes += id.size() + ts.size() + (seq & 1);
    if (!has_text || !(type.empty() || type == "message"))
        return;
    sum.turns++;
    sum.text_bytes += text.size();
    if (scanner *scan = to.find(speaker))
        scan->add(text);
}

totals loop(const simdjson::padded_string &archive, const scanners &to)
{
    totals sum;
    simdjson::ondemand::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
    parser.threaded = false; /* one thread is what is measured */
#endif
    simdjson::ondemand::document_stream documents;
    if (parser.iterate_many(archive, batch_bytes).get(documents))
        die("simdjson: no stream");
    for (auto document : documents)
        one_event(document.get_object(), to, sum);
    for (const auto &scan : to.all)
        scan->flush();
    return sum;
}

/* Of the process: what the loop costs, however busy the machine is. */
double cpu_seconds()
{
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

double seconds_since(std::chrono::steady_clock::time_point then)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

} // namespace

int main(int argc, char **argv)
try {
    std::string counts_file, databases;
    bool good = argc >= 3 && argc % 2 == 1;
    for (int i = 3; good && i + 1 < argc; i += 2) {
        good = !strcmp(argv[i], "--counts") || !strcmp(argv[i], "--databases");
        (!strcmp(argv[i], "--counts") ? counts_file : databases) = argv[i + 1];
    }
    if (!good)
        die("usage: bare_loop ARCHIVE CUES [--counts FILE] [--databases PREFIX]");
    cues wanted = read_cues(argv[2]);
    auto begin = std::chrono::steady_clock::now();
    scanners scan;
    scan.open(wanted, databases);
    double compile_seconds = seconds_since(begin);

    begin = std::chrono::steady_clock::now();
    double cpu = -cpu_seconds();
    simdjson::padded_string archive;
    if (simdjson::padded_string::load(argv[1]).get(archive))
        die(std::string("cannot read ") + argv[1]);
    totals sum = loop(archive, scan);
    double seconds = seconds_since(begin);
    cpu += cpu_seconds();

    uint64_t hits = 0;
    bool unordered = false;
    std::vector<uint64_t> counts(wanted.names.size(), 0);
    for (const auto &one : scan.all) {
        unordered |= one->unordered;
        for (size_t i = 0; i < counts.size(); i++)
            counts[i] += one->counts[i];
    }
    for (uint64_t count : counts)
        hits += count;
    if (unordered)
        die("Vectorscan gave matches out of order: the counts would be wrong");
    if (!counts_file.empty()) {
        std::ofstream file(counts_file);
        for (size_t i = 0; i < counts.size(); i++)
            file << wanted.names[i] << '\t' << counts[i] << '\n';
        if (!file.flush())
            die("cannot write " + counts_file);
    }
    std::cout << "{\"events\": " << sum.events << ", \"turns\": " << sum.turns << ", \"bytes\": " << archive.size()
              << ", \"text_bytes\": " << sum.text_bytes << ", \"hits\": " << hits << ", \"cues\": " << counts.size()
              << ", \"seconds\": " << seconds << ", \"cpu_seconds\": " << cpu << ", \"compile_seconds\": " << compile_seconds
              << ", \"vectorscan\": \"" << hs_version() << "\", \"simdjson\": \"" << BENCH_TEXT(SIMDJSON_VERSION)
              << "\", \"check\": " << sum.id_bytes << "}\n";
    return 0;
} catch (const std::exception &fault) {
    die(fault.what());
}
