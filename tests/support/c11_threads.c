// For the thread sanitizer: librdkafka begins its threads with C11's thrd_create(), which clang's
// sanitizer does not see, and what such a thread calls then ends the process. Here are the few
// functions of <threads.h> that the library uses, by means of POSIX threads, which is what glibc
// makes of them, too. In a program they stand before those of glibc.
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

/// What the library itself does is not instrumented, so it is not judged; our callbacks on its
/// threads are. The model plays several workers on one thread, each inside a request of another:
/// their locks have no order, and no two threads.
const char* __tsan_default_suppressions(void);
const char* __tsan_default_suppressions(void) {
  return "called_from_lib:librdkafka.so.1\n"
         "deadlock:librdkafka.so.1\n"
         "deadlock:LogGroupModel_\n";
}

struct start {
  thrd_start_t run;
  void* with;
};

static void* run(void* given) {
  const struct start start = *(struct start*)given;
  free(given);
  return (void*)(intptr_t)start.run(start.with);
}

static int answer(int error) {
  return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : thrd_error;
}

int thrd_create(thrd_t* thread, thrd_start_t function, void* with) {
  struct start* const start = malloc(sizeof *start);
  if (start == NULL) return thrd_nomem;
  *start = (struct start){.run = function, .with = with};
  return answer(pthread_create(thread, NULL, run, start));
}

int thrd_join(thrd_t thread, int* result) {
  void* ended = NULL;
  const int error = pthread_join(thread, &ended);
  if (result != NULL) *result = (int)(intptr_t)ended;
  return answer(error);
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t how;
  pthread_mutexattr_init(&how);
  const int is_recursive = (type & mtx_recursive) != 0;
  pthread_mutexattr_settype(&how, is_recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  return answer(pthread_mutex_init((pthread_mutex_t*)mutex, &how));
}
int mtx_lock(mtx_t* mutex) { return answer(pthread_mutex_lock((pthread_mutex_t*)mutex)); }
int mtx_unlock(mtx_t* mutex) { return answer(pthread_mutex_unlock((pthread_mutex_t*)mutex)); }
void mtx_destroy(mtx_t* mutex) { pthread_mutex_destroy((pthread_mutex_t*)mutex); }

int cnd_init(cnd_t* change) { return answer(pthread_cond_init((pthread_cond_t*)change, NULL)); }
int cnd_signal(cnd_t* change) { return answer(pthread_cond_signal((pthread_cond_t*)change)); }
int cnd_broadcast(cnd_t* change) { return answer(pthread_cond_broadcast((pthread_cond_t*)change)); }
int cnd_wait(cnd_t* change, mtx_t* mutex) {
  return answer(pthread_cond_wait((pthread_cond_t*)change, (pthread_mutex_t*)mutex));
}
int cnd_timedwait(cnd_t* change, mtx_t* mutex, const struct timespec* until) {
  return answer(pthread_cond_timedwait((pthread_cond_t*)change, (pthread_mutex_t*)mutex, until));
}
void cnd_destroy(cnd_t* change) { pthread_cond_destroy((pthread_cond_t*)change); }
