/* The mock cluster of librdkafka as a program: kafka_mock BROKERS TOPIC PARTITIONS [TOPIC PARTITIONS]... It prints its bootstrap servers, and lives until its input ends. It
 * keeps everything in memory. Commands, a line each: "down BROKER", "up BROKER", "topic NAME PARTITIONS"; each is answered with "ok". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

static int fail(const char* what) {
  fprintf(stderr, "kafka_mock: %s\n", what);
  return 1;
}

int main(int count, char** arguments) {
  if (count < 4 || count % 2 != 0) return fail("usage: kafka_mock BROKERS TOPIC PARTITIONS ...");
  char reason[256];
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
  if (client == NULL) return fail(reason);
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(client, atoi(arguments[1]));
  if (cluster == NULL) return fail("no cluster");
  for (int i = 2; i + 1 < count; i += 2) {
    if (rd_kafka_mock_topic_create(cluster, arguments[i], atoi(arguments[i + 1]), 1) != RD_KAFKA_RESP_ERR_NO_ERROR) return fail("no topic");
  }
  printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  fflush(stdout);
  char line[256], name[128];
  while (fgets(line, sizeof line, stdin) != NULL) {
    int number = 0;
    if (sscanf(line, "down %d", &number) == 1) rd_kafka_mock_broker_set_down(cluster, number);
    else if (sscanf(line, "up %d", &number) == 1) rd_kafka_mock_broker_set_up(cluster, number);
    else if (sscanf(line, "topic %127s %d", name, &number) == 2) rd_kafka_mock_topic_create(cluster, name, number, 1);
    else return fail("an unknown command");
    printf("ok\n");
    fflush(stdout);
  }
  rd_kafka_mock_cluster_destroy(cluster);
  rd_kafka_destroy(client);
  return 0;
}
