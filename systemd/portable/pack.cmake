# Run by cpack between installing and packing (CPACK_PRE_BUILD_SCRIPTS). The tarball and the RPM hold the portable program instead of the one that
# needs Debian's libraries, with the licences of what is inside.
if(CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(root ${CPACK_TEMPORARY_DIRECTORY})
if(NOT EXISTS "${CPACK_HANDSHAKED_PORTABLE}")
  message(FATAL_ERROR "there is no portable program in this build: systemd/portable/static_libraries.sh build/static, then build again")
endif()
file(COPY_FILE ${CPACK_HANDSHAKED_PORTABLE} ${root}/usr/bin/handshaked)
find_program(STRIP strip REQUIRED)
execute_process(COMMAND ${STRIP} ${root}/usr/bin/handshaked COMMAND_ERROR_IS_FATAL ANY)
foreach(package IN ITEMS libboost1.81-dev libsimdjson-dev libre2-dev libssl-dev libspdlog-dev libfmt-dev libsqlite3-dev libsqlitecpp-dev libtomlplusplus-dev
    libcli11-dev libkainjow-mustache-dev libhowardhinnant-date-dev zlib1g-dev libzstd-dev libsnappy-dev prometheus-cpp-dev libstdc++-12-dev)
  configure_file(/usr/share/doc/${package}/copyright ${root}/usr/share/doc/handshaked/libraries/${package}.copyright COPYONLY)
endforeach()
if(CPACK_GENERATOR STREQUAL "TGZ")
  foreach(file IN ITEMS LICENSE systemd/portable/INSTALL.md systemd/portable/install.sh)
    file(COPY ${CPACK_HANDSHAKED_SOURCE}/${file} DESTINATION ${root})
  endforeach()
  # What belongs to the administrator is made by install.sh.
  file(REMOVE_RECURSE ${root}/etc)
endif()
