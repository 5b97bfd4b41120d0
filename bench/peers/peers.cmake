# peers: rule sets to measure with, and our own engine as one of the peers. The others are built by peers.py, each with its own tools.
add_executable(bench_make_pack peers/make_pack.c phrase_sets.c phrase_pairs.c)
target_include_directories(bench_make_pack PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bench_make_pack PRIVATE cm_ruleset cm_text cm_base)

add_executable(bench_ours peers/ours.c)
target_include_directories(bench_ours PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bench_ours PRIVATE cm_match cm_ruleset cm_event cm_text cm_base)
