# steps: one step of scoring alone, beside whoever else can do it. A peer whose library is not here is left out, and says so.
add_executable(bench_steps
  steps/steps.c steps/harness.c steps/archive.c steps/step_decode.c steps/step_fold.c steps/step_words.c steps/step_scan.c
  steps/step_regex.c steps/regex_sets.c steps/step_judge.c)
target_link_libraries(bench_steps PRIVATE cm_run cm_score cm_match cm_ruleset cm_event cm_text cm_base PkgConfig::PCRE2)
if(SIMDJSON_INCLUDE AND SIMDJSON_LIBRARY)
  target_sources(bench_steps PRIVATE decode_simdjson.cpp)
  target_compile_definitions(bench_steps PRIVATE CM_BENCH_SIMDJSON)
  target_link_libraries(bench_steps PRIVATE ${SIMDJSON_LIBRARY})
endif()
if(BENCH_JANSSON_FOUND)
  target_sources(bench_steps PRIVATE decode_jansson.c)
  target_compile_definitions(bench_steps PRIVATE CM_BENCH_JANSSON)
  target_link_libraries(bench_steps PRIVATE PkgConfig::BENCH_JANSSON)
endif()
if(JEMALLOC_FOUND)
  target_link_libraries(bench_steps PRIVATE PkgConfig::JEMALLOC)
endif()
