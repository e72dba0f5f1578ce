# What Debian's policy asks of a package, and the profile for pam-auth-update. Part of ../stage.cmake.
set(name "${CPACK_DEBIAN_PACKAGE_NAME}")
set(version "${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
set(contact "${CPACK_PACKAGE_CONTACT}")
set(debian "${CMAKE_CURRENT_LIST_DIR}")

# Documentation lies under the package's name; the manual pages name the project's.
get_filename_component(docs "${docdir}" DIRECTORY)
get_filename_component(project_name "${docdir}" NAME)
file(RENAME "${docdir}" "${docs}/${name}")
file(CREATE_LINK "${name}" "${docs}/${project_name}" SYMBOLIC)

string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${debian}/changelog.in" "${docs}/${name}/changelog.Debian" @ONLY)
configure_file("${source}/CHANGELOG.md" "${docs}/${name}/changelog" COPYONLY)
run(gzip -9 -n "${docs}/${name}/changelog" "${docs}/${name}/changelog.Debian")
configure_file("${debian}/copyright" "${docs}/${name}/copyright" COPYONLY)

configure_file("${debian}/pam-config" "${root}/usr/share/pam-configs/claude" COPYONLY)
configure_file("${debian}/needrestart.conf" "${root}/etc/needrestart/conf.d/claude-auth.conf" COPYONLY)
configure_file("${debian}/lintian-overrides" "${root}/usr/share/lintian/overrides/${name}" COPYONLY)
