# What a package would hold: the program, its rules, its manual.
include(GNUInstallDirs)
install(TARGETS caremeter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY rules demo DESTINATION ${CMAKE_INSTALL_DATADIR}/caremeter)
install(FILES docs/caremeter.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
