# live: `caremeter serve` on a broker, beside a bare loop and the same run without one. See README.md.
foreach(program kafka_load kafka_read)
  add_executable(bench_${program} kafka/${program}.c)
  target_link_libraries(bench_${program} PRIVATE cm_kafka cm_base)
endforeach()
add_executable(bench_kafka_bare kafka/kafka_bare.c)
target_link_libraries(bench_kafka_bare PRIVATE cm_flags PkgConfig::RDKAFKA)
add_executable(bench_live_memory kafka/live_memory.c)
target_link_libraries(bench_live_memory PRIVATE cm_live)
add_executable(bench_live_latency kafka/live_latency.c)
target_link_libraries(bench_live_latency PRIVATE cm_kafka cm_event cm_base PkgConfig::RDKAFKA)

# As the program itself is linked: an allocator is worth a quarter of what reading costs.
if(JEMALLOC_FOUND)
  foreach(program kafka_bare kafka_read live_memory)
    target_link_libraries(bench_${program} PRIVATE PkgConfig::JEMALLOC)
  endforeach()
endif()
