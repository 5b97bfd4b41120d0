/* LeakSanitizer must report this. */
#include <stdlib.h>

int main(void)
{
    void *volatile p = malloc(32);
    p = NULL;
    return p != NULL;
}
