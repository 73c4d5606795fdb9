/* libsystemd for the portable program, in place of -lsystemd. What every supervised program needs stands here; the journal is left to the host's own
 * library, which is loaded when it is asked for the first time: its files have a format that grows. Where there is none, there is no journal either. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* --- sd-daemon */

int sd_notify(int unset_environment, const char* state) {
  const char* const path = getenv("NOTIFY_SOCKET");
  if (path == NULL || *path == '\0') return 0;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  if (length < 2 || length >= sizeof address.sun_path || (*path != '/' && *path != '@')) return -EAFNOSUPPORT;
  memcpy(address.sun_path, path, length + 1);
  if (*path == '@') address.sun_path[0] = '\0';  /* an abstract address */
  const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*path == '/'));
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  ssize_t sent;
  do sent = sendto(descriptor, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr*)&address, size);
  while (sent < 0 && errno == EINTR);
  const int result = sent < 0 ? -errno : 1;
  close(descriptor);
  if (unset_environment) unsetenv("NOTIFY_SOCKET");
  return result;
}

/* A number of the environment, meant for this process. */
static int number_for_us(const char* name, const char* pid_name, uint64_t* number) {
  char* end = NULL;
  const char* const pid = getenv(pid_name);
  if (pid != NULL && (strtoul(pid, &end, 10) != (unsigned long)getpid() || *end != '\0')) return 0;
  const char* const text = getenv(name);
  if (text == NULL || *text < '0' || *text > '9') return 0;
  errno = 0;
  *number = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0' && *number > 0;
}

int sd_watchdog_enabled(int unset_environment, uint64_t* microseconds) {
  (void)unset_environment;
  return number_for_us("WATCHDOG_USEC", "WATCHDOG_PID", microseconds);
}

int sd_listen_fds_with_names(int unset_environment, char*** names) {
  (void)unset_environment;
  uint64_t count = 0;
  if (getenv("LISTEN_PID") == NULL || !number_for_us("LISTEN_FDS", "LISTEN_PID", &count) || count > 4096) return 0;
  char** const list = calloc(count + 1, sizeof *list);
  if (list == NULL) return -ENOMEM;
  const char* text = getenv("LISTEN_FDNAMES");
  for (uint64_t i = 0; i < count; ++i) {
    fcntl(SD_LISTEN_FDS_START + (int)i, F_SETFD, FD_CLOEXEC);
    const size_t length = text == NULL ? 0 : strcspn(text, ":");
    list[i] = text == NULL ? strdup("unknown") : strndup(text, length);
    if (list[i] == NULL) return -ENOMEM;
    if (text != NULL) text = text[length] == ':' ? text + length + 1 : NULL;
  }
  *names = list;
  return (int)count;
}

/* --- sd-journal */

static void* journal_function(const char* name) {
  static void* library;
  if (library == NULL) library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  return library == NULL ? NULL : dlsym(library, name);
}

/* parameters as they are declared, and as they are handed on */
#define FORWARD(result, name, without, parameters, arguments)            \
  result name parameters {                                               \
    result(*const function) parameters = journal_function(#name);        \
    if (function == NULL) return without;                                \
    return function arguments;                                           \
  }

FORWARD(int, sd_journal_sendv, -ENOSYS, (const struct iovec* pieces, int count), (pieces, count))
FORWARD(int, sd_journal_open, -ENOSYS, (sd_journal** journal, int flags), (journal, flags))
FORWARD(int, sd_journal_open_directory, -ENOSYS, (sd_journal** journal, const char* path, int flags), (journal, path, flags))
FORWARD(int, sd_journal_set_data_threshold, -ENOSYS, (sd_journal* journal, size_t size), (journal, size))
FORWARD(int, sd_journal_has_persistent_files, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_has_runtime_files, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_add_match, -ENOSYS, (sd_journal* journal, const void* data, size_t size), (journal, data, size))
FORWARD(int, sd_journal_add_disjunction, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_seek_head, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_seek_tail, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_seek_cursor, -ENOSYS, (sd_journal* journal, const char* cursor), (journal, cursor))
FORWARD(int, sd_journal_test_cursor, -ENOSYS, (sd_journal* journal, const char* cursor), (journal, cursor))
FORWARD(int, sd_journal_get_cursor, -ENOSYS, (sd_journal* journal, char** cursor), (journal, cursor))
FORWARD(int, sd_journal_next, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_previous, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_get_realtime_usec, -ENOSYS, (sd_journal* journal, uint64_t* microseconds), (journal, microseconds))
FORWARD(int, sd_journal_get_fd, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_process, -ENOSYS, (sd_journal* journal), (journal))
FORWARD(int, sd_journal_get_data, -ENOSYS, (sd_journal* journal, const char* field, const void** data, size_t* size), (journal, field, data, size))

void sd_journal_close(sd_journal* journal) {
  void (*const function)(sd_journal*) = journal_function("sd_journal_close");
  if (function != NULL) function(journal);
}
