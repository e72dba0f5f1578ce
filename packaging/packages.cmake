# The packages: `cpack` in a build directory makes the one of this distribution, `cpack -G DEB` and
# `cpack -G RPM` the one that is named. README.md says how they are meant to be used.
set(packaging "${CMAKE_CURRENT_LIST_DIR}")

set(CPACK_PACKAGE_NAME pam_claude)
set(CPACK_PACKAGE_VENDOR "The pam_claude authors")
set(CPACK_PACKAGE_CONTACT "The pam_claude authors <pam-claude@example.org>"
    CACHE STRING "Who answers for the packages that are built here")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Claude Code's login, there before the first shell prompt")
string(JOIN "\n" what_it_does
  "pam_claude keeps a copy of each user's last good login to Claude Code, on the"
  "host itself or in Vault or OpenBao, and puts it back when the user logs in. It"
  "never logs anybody out, and never denies or holds up a login.")
string(JOIN "\n" what_is_in_it
  "In it are the PAM module, the program that does each user's work, the admin's"
  "program, and units for systemd. Nothing is enabled by the installation.")

# All that is installed is installed by stage.cmake. CPack itself would make configuration files of
# whatever has an absolute place.
set(CPACK_INSTALL_CMAKE_PROJECTS "")
set(CPACK_PRE_BUILD_SCRIPTS "${packaging}/stage.cmake")
set(CPACK_CLAUDE_AUTH_SOURCE "${PROJECT_SOURCE_DIR}")
set(CPACK_CLAUDE_AUTH_BUILD "${PROJECT_BINARY_DIR}")
set(CPACK_CLAUDE_AUTH_DOCDIR "${CMAKE_INSTALL_FULL_DOCDIR}")
set(CPACK_CLAUDE_AUTH_MANDIR "${CMAKE_INSTALL_FULL_MANDIR}")
if(EXISTS /etc/debian_version)
  set(CPACK_GENERATOR DEB)
else()
  set(CPACK_GENERATOR RPM)
endif()

# One package: its parts are of one version, and who wants the module wants what it starts.
set(CPACK_DEBIAN_PACKAGE_NAME libpam-claude)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "${what_it_does}\n.\n${what_is_in_it}")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
# The libraries' packages have other names in other releases: dpkg-shlibdeps knows them.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libpam-runtime (>= 1.3.1-5)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${packaging}/debian/postinst" "${packaging}/debian/prerm" "${packaging}/debian/postrm"
    "${packaging}/debian/conffiles")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_RPM_PACKAGE_NAME pam_claude)
set(CPACK_RPM_PACKAGE_RELEASE 1)
set(CPACK_RPM_PACKAGE_RELEASE_DIST ON)
set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PACKAGE_GROUP System/Base)
set(CPACK_RPM_PACKAGE_DESCRIPTION "${what_it_does}\n\n${what_is_in_it}")
set(CPACK_RPM_PACKAGE_REQUIRES pam)
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE "${packaging}/rpm/post")
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE "${packaging}/rpm/preun")
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE "${packaging}/rpm/postun")
# Directories of others.
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /usr/libexec /usr/sbin
    "${CLAUDE_AUTH_SECURITYDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}"
    "${CLAUDE_AUTH_UNITDIR}" "${CLAUDE_AUTH_PRESETDIR}" "${CLAUDE_AUTH_USERENVDIR}" /usr/lib/systemd
    /usr/share/man /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man8 /usr/share/licenses
    /usr/share/bash-completion /usr/share/bash-completion/completions
    /usr/share/authselect /usr/share/authselect/vendor
    /usr/share/fish /usr/share/fish/vendor_completions.d
    /usr/share/zsh /usr/share/zsh/vendor-completions /usr/share/zsh/site-functions)

include(CPack)
