# CPack runs this before it packs its staging tree: installs what was built, and adds what a package
# has and an installation by hand has not.
cmake_policy(VERSION 3.22)

set(root "${CPACK_TEMPORARY_INSTALL_DIRECTORY}")
set(source "${CPACK_CLAUDE_AUTH_SOURCE}")
set(docdir "${root}${CPACK_CLAUDE_AUTH_DOCDIR}")

# run(COMMAND...): without its words; that it fails is the end.
function(run)
  execute_process(COMMAND ${ARGN} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run("${CMAKE_COMMAND}" -E env "DESTDIR=${root}"
    "${CMAKE_COMMAND}" --install "${CPACK_CLAUDE_AUTH_BUILD}" --strip)
file(GLOB_RECURSE pages "${root}${CPACK_CLAUDE_AUTH_MANDIR}/*.[158]")
run(gzip -9 -n ${pages})

if(CPACK_GENERATOR STREQUAL "DEB")
  include("${CMAKE_CURRENT_LIST_DIR}/debian/stage.cmake")
else()
  file(COPY "${source}/CHANGELOG.md" DESTINATION "${docdir}")
  file(COPY "${source}/LICENSE" DESTINATION "${root}/usr/share/licenses/${CPACK_PACKAGE_NAME}")
endif()
