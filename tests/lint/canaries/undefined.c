/* UndefinedBehaviorSanitizer must stop this. */
#include <limits.h>

int main(int argc, char **argv)
{
    (void)argv;
    volatile int big = INT_MAX;
    return (big + argc) == 0;
}
