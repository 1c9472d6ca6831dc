/* What jextract reads: oneDNN's C API and the functions of OpenMP and libc that set its threads. */
#include <oneapi/dnnl/dnnl.h>

/* libgomp: the number of threads for parallel regions that the calling thread starts. */
void omp_set_num_threads(int num_threads);

/* libc: libgomp reads its settings from the environment when it is loaded. */
int setenv(const char *name, const char *value, int overwrite);
