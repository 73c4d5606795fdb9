"""A real nginx with a configuration of the test's making; its error log is what the daemon follows."""
import http.client
import os
import signal

from support.ports import LOOPBACK, free_port
from support.process import Process
from support.scenario import Failed, require_program, wait_for
from support.upstreams import wait_for_listening

CONFIGURATION = """daemon off;
%(user)sworker_processes 1;
worker_shutdown_timeout 1s;
pid logs/nginx.pid;
error_log logs/error.log %(level)s;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;
    uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
%(http)s
}
"""


class Nginx:
    def __init__(self, scenario, name="nginx"):
        require_program("nginx")
        self.prefix = scenario.directory / name
        for part in ("conf", "logs", "tmp"):
            (self.prefix / part).mkdir(parents=True)
        self.error_log = self.prefix / "logs" / "error.log"
        self.port = free_port()
        self.process = Process(scenario, name, ["nginx", "-p", str(self.prefix) + "/", "-c", "conf/nginx.conf", "-e", "logs/error.log"])
        scenario.at_end(self.stop)
        scenario.show_if_failed("error log of " + name, lambda: self.error_log.read_text("utf-8", "replace"))

    def configure(self, http, level="info"):
        user = "user root;\n" if os.geteuid() == 0 else ""
        (self.prefix / "conf" / "nginx.conf").write_text(CONFIGURATION % {"user": user, "level": level, "http": http})

    def start(self):
        self.process.start()
        wait_for_listening(self.port, self.process)
        return self

    def stop(self):
        if self.process.is_running():
            self.process.signal(signal.SIGTERM)
            self.process.wait(10)

    def reopen_logs(self):
        """What logrotate's postrotate script does (SIGUSR1); waits until the new file is there."""
        self.process.signal(signal.SIGUSR1)
        wait_for(self.error_log.exists, 10, "nginx to reopen its log")

    def get(self, path="/", times=1, host="gw.corp.test"):
        """Requests on one kept connection; the list of their status codes."""
        statuses = []
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=20)
        try:
            for _ in range(times):
                connection.request("GET", path, headers={"Host": host})
                response = connection.getresponse()
                response.read()
                statuses.append(response.status)
        except (OSError, http.client.HTTPException) as error:
            raise Failed("nginx did not answer: %s" % error) from None
        finally:
            connection.close()
        return statuses

    def lines(self, text):
        """How many lines of its error log contain `text`."""
        return self.lines_of(self.error_log, text)

    @staticmethod
    def lines_of(log, text):
        """The same of any log; none where there is none."""
        if not log.exists():
            return 0
        return sum(text in line for line in log.read_bytes().decode("utf-8", "replace").splitlines())


