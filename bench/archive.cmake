# archive: `caremeter score` beside its peer, on made-up archives. See README.md.
add_executable(bench_generate generate.c)
target_link_libraries(bench_generate PRIVATE cm_flags m)

add_executable(bench_export export.c translate.c)
target_link_libraries(bench_export PRIVATE cm_match cm_ruleset cm_event cm_text cm_base)

pkg_check_modules(BENCH_HS IMPORTED_TARGET libhs)
pkg_check_modules(BENCH_SIMDJSON IMPORTED_TARGET simdjson)
if(BENCH_HS_FOUND AND BENCH_SIMDJSON_FOUND)
  add_executable(bench_bare_loop bare_loop.cpp)
  target_compile_options(bench_bare_loop PRIVATE -std=c++17)
  target_link_libraries(bench_bare_loop PRIVATE cm_flags PkgConfig::BENCH_HS PkgConfig::BENCH_SIMDJSON)
else()
  message(WARNING "no bare loop to compare with: libvectorscan-dev or libsimdjson-dev is not installed")
endif()
