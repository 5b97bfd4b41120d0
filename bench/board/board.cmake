# board: the wallboard under load. See README.md.
add_executable(bench_board_latency board/board_latency.c)
target_link_libraries(bench_board_latency PRIVATE cm_event cm_base)
add_executable(bench_board_clients board/board_clients.c)
target_link_libraries(bench_board_clients PRIVATE cm_base)
add_executable(bench_board_model board/board_model.c)
target_link_libraries(bench_board_model PRIVATE cm_board)
