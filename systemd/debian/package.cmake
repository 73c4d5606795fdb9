# Packages, by `cpack` in the build directory: ./dev package. The Debian package holds the program that uses Debian's libraries; the tarball and the RPM
# hold the portable one, where it was built.
set(CPACK_PACKAGE_NAME handshaked)
set(CPACK_PACKAGE_VENDOR handshaked)
set(CPACK_PACKAGE_CONTACT "The handshaked authors <maintainers@handshaked.io>")
set(CPACK_PACKAGE_HOMEPAGE_URL https://handshaked.io)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_GENERATOR DEB)
if(HANDSHAKED_PORTABLE)
  list(APPEND CPACK_GENERATOR TGZ)
  find_program(RPMBUILD rpmbuild)
  if(RPMBUILD)
    list(APPEND CPACK_GENERATOR RPM)
  endif()
endif()
# The tarball: what it has beside the package.
set(CPACK_HANDSHAKED_PORTABLE ${HANDSHAKED_PORTABLE})
set(CPACK_PACKAGE_FILE_NAME handshaked-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_HANDSHAKED_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/systemd/portable/pack.cmake)
# /etc is outside the prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Creating the user needs systemd-sysusers, as debhelper's dh_installsysusers has it.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers | systemd-sysusers, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nginx")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "turn nginx's TLS error lines into remediation events")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A daemon that follows the error logs of nginx and turns lines about failed
TLS handshakes into one event a fault: cause, place in nginx's
configuration, and the change that cures it, tried by repeating nginx's
own verification. Events go to syslog, webhooks and chat services.
.
Verbs of the same program analyse whole logs, explain error codes,
diagnose upstreams, and try and apply fixes.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm ${CMAKE_CURRENT_LIST_DIR}/postrm)
include(${PROJECT_SOURCE_DIR}/systemd/rpm/package.cmake)
include(CPack)
