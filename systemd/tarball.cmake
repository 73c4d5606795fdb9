# Run by cpack between installing and packing (CPACK_PRE_BUILD_SCRIPTS). Makes the tarball run where Debian's libraries are not: those
# whose names change from release to release come with it, and the program looks for them beside itself. What every distribution has, and
# keeps safe (glibc, libstdc++, OpenSSL, libsystemd, zlib, zstd), is the host's.
if(NOT CPACK_GENERATOR STREQUAL "TGZ")
  return()
endif()
set(root ${CPACK_TEMPORARY_DIRECTORY})
set(program ${root}/usr/bin/handshaked)
set(own_libraries ${root}/usr/lib/handshaked)

find_program(PATCHELF patchelf)
if(NOT PATCHELF)
  message(FATAL_ERROR "the tarball needs patchelf: apt-get install patchelf")
endif()
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${program} RESOLVED_DEPENDENCIES_VAR libraries
  POST_INCLUDE_REGEXES "/lib(re2|simdjson|spdlog|fmt|date-tz|snappy|sqlite3|prometheus-cpp-core)\\.so"
  POST_EXCLUDE_REGEXES ".*")
if(NOT libraries)
  message(FATAL_ERROR "no library of the program was found")
endif()
foreach(library IN LISTS libraries)
  cmake_path(GET library FILENAME name)
  file(REAL_PATH ${library} file)
  configure_file(${file} ${own_libraries}/${name} COPYONLY)
  execute_process(COMMAND ${PATCHELF} --set-rpath $ORIGIN ${own_libraries}/${name} COMMAND_ERROR_IS_FATAL ANY)
  # Their licences.
  execute_process(COMMAND dpkg-query --search ${file} OUTPUT_VARIABLE owner COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[^:]+" package "${owner}")
  configure_file(/usr/share/doc/${package}/copyright ${root}/usr/share/doc/handshaked/libraries/${package}.copyright COPYONLY)
endforeach()
execute_process(COMMAND ${PATCHELF} --set-rpath $ORIGIN/../lib/handshaked ${program} COMMAND_ERROR_IS_FATAL ANY)

foreach(file IN ITEMS LICENSE systemd/INSTALL.md)
  file(COPY ${CPACK_HANDSHAKED_SOURCE}/${file} DESTINATION ${root})
endforeach()
