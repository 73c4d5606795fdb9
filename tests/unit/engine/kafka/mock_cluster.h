// Brokers of Kafka as librdkafka plays them: there is no real one to be had here.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <string>
#include <thread>
#include <vector>

namespace handshaked::engine::test {

/// Three brokers. Its end may take the library a second, so it is waited for at the end of the
/// program, and the next test begins at once.
class MockCluster {
 public:
  MockCluster() {
    char reason[256];
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason);
    cluster_ = rd_kafka_mock_cluster_new(client_, 3);
  }
  ~MockCluster() {
    static Ends ends;
    ends.threads.emplace_back([client = client_, cluster = cluster_] {
      rd_kafka_mock_cluster_destroy(cluster);
      rd_kafka_destroy(client);
    });
  }
  MockCluster(const MockCluster&) = delete;

  rd_kafka_mock_cluster_t* get() const { return cluster_; }
  std::string bootstraps() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

 private:
  struct Ends {
    std::vector<std::thread> threads;
    ~Ends() {
      for (std::thread& thread : threads) thread.join();
    }
  };

  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

}  // namespace handshaked::engine::test
