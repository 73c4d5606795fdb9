# The RPM: the portable program, so that one package serves Red Hat Enterprise Linux 8 and newer, Fedora, SUSE 15 and Amazon Linux 2023.
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE "Apache-2.0")
set(CPACK_RPM_PACKAGE_GROUP "System Environment/Daemons")
set(CPACK_RPM_PACKAGE_SUMMARY "Turns nginx's TLS error lines into remediation events")
set(CPACK_RPM_PACKAGE_DESCRIPTION "A daemon that follows the error logs of nginx and turns lines about failed
TLS handshakes into one event a fault: cause, place in nginx's
configuration, and the change that cures it, tried by repeating nginx's
own verification. Events go to syslog, webhooks and chat services.

Verbs of the same program analyse whole logs, explain error codes,
diagnose upstreams, and try and apply fixes.")
set(CPACK_RPM_PACKAGE_REQUIRES "systemd, tzdata")
# What it needs of glibc is read off the program.
set(CPACK_RPM_PACKAGE_AUTOREQ ON)
set(CPACK_RPM_PACKAGE_AUTOPROV OFF)
set(CPACK_RPM_COMPRESSION_TYPE gzip)  # every rpm reads it, and it takes seconds
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/post.sh)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/preun.sh)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${CMAKE_CURRENT_LIST_DIR}/postun.sh)
# Directories of the system are not ours; no links to debugging information that does not come with it.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION /etc /usr/lib/systemd /usr/lib/systemd/system /usr/lib/systemd/catalog /usr/lib/sysusers.d /usr/lib/tmpfiles.d
  /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man8 /usr/share/bash-completion /usr/share/bash-completion/completions
  /usr/share/zsh /usr/share/zsh/vendor-completions /usr/share/fish /usr/share/fish/vendor_completions.d)
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _build_id_links none
%define __os_install_post %{nil}
%define source_date_epoch_from_changelog 0")
