# The front end as C arrays: cmake -DOUT=assets_data.c -DROOT=engine/web/wallboard -DFILES=a.html,b/c.js -P embed.cmake
#
# index.html is served as /, X.html as /X, dist/X (what npm built, where it did) as /X, and the rest by its path.
set(index 0)
set(arrays "")
set(table "")
string(REPLACE "," ";" FILES "${FILES}")
foreach(file ${FILES})
  string(REGEX REPLACE "^dist/" "" path "${file}")
  string(REGEX REPLACE "(^|/)index\\.html$" "\\1" path "/${path}")
  string(REGEX REPLACE "\\.html$" "" path "${path}")
  if(file MATCHES "\\.html$")
    set(type "text/html; charset=utf-8")
  elseif(file MATCHES "\\.css$")
    set(type "text/css; charset=utf-8")
  elseif(file MATCHES "\\.js$")
    set(type "text/javascript; charset=utf-8")
  elseif(file MATCHES "\\.svg$")
    set(type "image/svg+xml")
  elseif(file MATCHES "\\.png$")
    set(type "image/png")
  elseif(file MATCHES "\\.woff2$")
    set(type "font/woff2")
  else()
    message(FATAL_ERROR "embed: nobody knows what ${file} is")
  endif()
  file(SHA256 ${ROOT}/${file} hash)
  string(SUBSTRING ${hash} 0 32 hash)
  file(READ ${ROOT}/${file} bytes HEX)
  string(LENGTH "${bytes}" length)
  math(EXPR length "${length} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n    " bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  # an array has at least one element, an empty file none
  string(APPEND arrays "static const unsigned char asset_${index}[] = {\n    ${bytes}0};\n")
  string(APPEND table "    {\"${path}\", \"${type}\", \"\\\"${hash}\\\"\", asset_${index}, ${length}},\n")
  math(EXPR index "${index} + 1")
endforeach()
if(index EQUAL 0)
  set(table "    {\"\", \"\", \"\", 0, 0},\n")
endif()
file(WRITE ${OUT} "/* Made of engine/web/wallboard by the build. */
#include \"web/assets.h\"

extern const struct cm_asset cm_assets[];
extern const size_t cm_asset_count;

${arrays}
const struct cm_asset cm_assets[] = {
${table}};
const size_t cm_asset_count = ${index};
")
