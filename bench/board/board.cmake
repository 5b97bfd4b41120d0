# board: the wallboard under load. See README.md.
add_executable(bench_board_latency board/board_latency.c)
target_link_libraries(bench_board_latency PRIVATE cm_event cm_base)
