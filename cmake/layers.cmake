# The layers of engine/ARCHITECTURE.md, enforced by what a library can include.
#
# Each folder of engine/ is one static library that offers its headers under its
# own name ("text/fold.h") through a root that holds this folder and no other.
# A library therefore finds the headers of what it links, and of nothing else.
function(cm_layer name)
  cmake_parse_arguments(layer "" "" "SOURCES;LINKS;PRIVATE" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/${name} SYMBOLIC)

  add_library(cm_${name} STATIC ${layer_SOURCES})
  set_target_properties(cm_${name} PROPERTIES CM_ENGINE ON)
  target_include_directories(cm_${name} PUBLIC ${root})
  target_link_libraries(cm_${name} PUBLIC cm_flags)
  foreach(link ${layer_LINKS})
    target_link_libraries(cm_${name} PUBLIC cm_${link})
  endforeach()
  target_link_libraries(cm_${name} PRIVATE ${layer_PRIVATE})
  target_compile_options(cm_${name} PRIVATE
    $<$<COMPILE_LANGUAGE:C>:-include ${CMAKE_SOURCE_DIR}/engine/base/banned.h>)
endfunction()
