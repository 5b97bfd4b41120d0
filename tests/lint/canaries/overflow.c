/* AddressSanitizer must stop this. */
#include <stdlib.h>

int main(int argc, char **argv)
{
    (void)argv;
    volatile char *p = malloc(8);
    p[8 + argc - 1] = 1;
    free((char *)p);
    return 0;
}
