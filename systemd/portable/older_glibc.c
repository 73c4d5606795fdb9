/* What the program and the static libraries take from a glibc that is newer than those on which the portable program shall run: 2.28, or 2.34 where it
 * is linked against this release's own. The linker finds these first. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__

struct search {
  uintptr_t address;
  struct dl_find_object* found;
};

static int look_at_object(struct dl_phdr_info* object, size_t size, void* data) {
  (void)size;
  struct search* const search = data;
  const void* unwind_data = NULL;
  uintptr_t begin = 0, end = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)* const header = &object->dlpi_phdr[i];
    const uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_GNU_EH_FRAME) unwind_data = (const void*)start;
    if (header->p_type == PT_LOAD && search->address >= start && search->address < start + header->p_memsz) {
      begin = start;
      end = start + header->p_memsz;
    }
  }
  if (end == 0) return 0;
  search->found->dlfo_map_start = (void*)begin;
  search->found->dlfo_map_end = (void*)end;
  search->found->dlfo_eh_frame = (void*)unwind_data;
  return unwind_data != NULL ? 1 : -1;
}

/* How the unwinder of GCC 12 and newer finds an object's tables (glibc 2.35); before, it walked the loaded objects, as here. */
int _dl_find_object(void* address, struct dl_find_object* result) {
  struct search search = {(uintptr_t)address, result};
  return dl_iterate_phdr(look_at_object, &search) == 1 ? 0 : -1;
}

/* Those before 2.29 report errors in errno too, which nobody here reads. */
__asm__(".symver exp_before, exp@GLIBC_2.2.5\n.symver log_before, log@GLIBC_2.2.5\n.symver pow_before, pow@GLIBC_2.2.5");
double exp_before(double);
double log_before(double);
double pow_before(double, double);
double exp(double x) { return exp_before(x); }
double log(double x) { return log_before(x); }
double pow(double x, double y) { return pow_before(x, y); }

#endif

/* Whether there is but one thread, so that a counter needs no atomic step (glibc 2.32): never claimed. */
char __libc_single_threaded = 0;

/* What std::random_device of GCC 12 and newer asks (glibc 2.36). */
uint32_t arc4random(void) {
  uint32_t number;
  if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) abort();
  return number;
}

/* glibc 2.34, Linux 5.9. */
int close_range(unsigned first, unsigned last, int flags) {
  if (syscall(SYS_close_range, first, last, flags) == 0) return 0;
  if (errno != ENOSYS || flags != 0) return -1;
  const long limit = sysconf(_SC_OPEN_MAX);
  for (unsigned i = first; i <= last && (limit < 0 || (long)i < limit); ++i) close((int)i);
  return 0;
}

/* glibc 2.30. Where there is none, the wall clock is waited for, as libstdc++ did before: a step of it makes that one wait longer or shorter. */
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const struct timespec* deadline) {
  int (*const function)(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*) = dlsym(RTLD_NEXT, "pthread_cond_clockwait");
  if (function != NULL) return function(condition, mutex, clock, deadline);
  struct timespec now, wall;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  wall.tv_sec += deadline->tv_sec - now.tv_sec;
  wall.tv_nsec += deadline->tv_nsec - now.tv_nsec;
  if (wall.tv_nsec < 0) wall.tv_sec -= 1, wall.tv_nsec += 1000000000;
  if (wall.tv_nsec >= 1000000000) wall.tv_sec += 1, wall.tv_nsec -= 1000000000;
  return pthread_cond_timedwait(condition, mutex, &wall);
}
