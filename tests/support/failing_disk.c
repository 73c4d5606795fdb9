/* Preloaded into a daemon: what it writes into its database fails, or never comes back, while the file that FAILING_DISK names says so.
 * The file holds one number: the errno of every write, or -1 for a disk that does not answer. Nothing in it: all is well. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_database(int descriptor) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strstr(path, "handshaked.db") != NULL && strstr(path, ".lock") == NULL;
}

static int fails(int descriptor) {
  const char* const control = getenv("FAILING_DISK");
  if (control == NULL || !is_database(descriptor)) return 0;
  const int file = open(control, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[16] = "";
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  const int number = atoi(text);
  while (number < 0) pause();
  errno = number;
  return number != 0;
}

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
ssize_t pwrite(int d, const void* p, size_t n, off_t o) { return fails(d) ? -1 : ORIGINAL(pwrite)(d, p, n, o); }
ssize_t pwrite64(int d, const void* p, size_t n, off64_t o) { return fails(d) ? -1 : ORIGINAL(pwrite64)(d, p, n, o); }
int ftruncate(int d, off_t n) { return fails(d) ? -1 : ORIGINAL(ftruncate)(d, n); }
int ftruncate64(int d, off64_t n) { return fails(d) ? -1 : ORIGINAL(ftruncate64)(d, n); }
int fsync(int d) { return fails(d) ? -1 : ORIGINAL(fsync)(d); }
int fdatasync(int d) { return fails(d) ? -1 : ORIGINAL(fdatasync)(d); }
