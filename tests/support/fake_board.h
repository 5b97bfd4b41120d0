/*
 * fake_board: a board whose sections are what a test says they are, in place of
 * the real one. A card is "NAME VALUE": the section of that name has that value
 * from now on, of all queues; "busy MS" takes so long; an erased interaction empties all.
 */
#ifndef CM_TESTS_FAKE_BOARD_H
#define CM_TESTS_FAKE_BOARD_H

#include "board/board.h"

/* How often a section was rendered: who looks without need is found out. */
unsigned fake_board_rendered(const struct cm_board *board);
uint64_t fake_board_lost(const struct cm_board *board);
int64_t fake_board_time(const struct cm_board *board);

#endif
