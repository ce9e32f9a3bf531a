/* A closed loop of HTTP/1.1 requests: every connection sends its next request as soon as its answer is whole.
 *
 *   load -p PORT -f BODIES [-P PATH] [-c CONNECTIONS] [-s SECONDS] [-n REQUESTS] [-k FIRST] [-H HEADER]... [-e EXPECTED]
 *
 * One thread, epoll, keep-alive, loopback only, bounded by time and by number. BODIES holds one JSON body per line, sent in
 * turn from line FIRST on; the ten digits of a body's "@0000000000" are replaced by the request's number, so that no two
 * requests are alike. EXPECTED is looked for in every answer. Prints one JSON object: times are milliseconds; "first" is
 * the time to the first byte after the headers; "errors" are answers other than 200, broken connections and answers that
 * never came; "events" is how many server-sent events an answer had; "cpu" is this program's own, in seconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 512, MAX_ANSWER = 256 << 10, MAX_HEADERS = 4096, GRACE_SECONDS = 10 };
static const char MARK[] = "@0000000000";
static const char *target = "/v1/chat/completions";

struct request {
    char *bytes, *number;
    int size;
};

struct connection {
    int fd, filled, head, length, chunked, busy;
    uint64_t sent, first;
    char *answer;
};

static struct request *requests;
static struct connection connections[MAX_CONNECTIONS];
static long lines, number, limit = 2000000, errors, expected_seen, events;
static const char *expected;
static uint32_t *whole_times, *first_times;
static long answered;
static int port, poller;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ull + time.tv_nsec / 1000;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* One whole HTTP request per line of the file. */
static void read_bodies(const char *path, const char *headers)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail(path);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
        while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
            size--;
        if (!size)
            continue;
        if (!(lines & (lines - 1)))
            requests = realloc(requests, (lines ? 2 * lines : 1) * sizeof *requests);
        struct request *request = &requests[lines++];
        request->bytes = malloc(size + MAX_HEADERS + strlen(target) + 256);
        int head = sprintf(request->bytes,
                           "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                           "Content-Length: %zd\r\n%s\r\n",
                           target, port, size, headers);
        memcpy(request->bytes + head, line, size);
        request->size = head + size;
        request->number = memmem(request->bytes + head, size, MARK, sizeof MARK - 1);
    }
    fclose(file);
    if (!lines) {
        fprintf(stderr, "%s holds no body\n", path);
        exit(1);
    }
}

static void connect_to_target(struct connection *connection)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (void *)&address, sizeof address))
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    connection->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void send_next(struct connection *connection)
{
    struct request *request = &requests[number % lines];
    if (request->number) {
        char digits[16];
        sprintf(digits, "%010ld", number % 10000000000);
        memcpy(request->number + 1, digits, 10);
    }
    number++;
    connection->filled = connection->head = connection->chunked = 0;
    connection->length = -1;
    connection->first = 0;
    connection->busy = 1;
    connection->sent = now();
    /* A request fits into an empty socket buffer, and nothing else is under way on this connection. */
    if (send(connection->fd, request->bytes, request->size, MSG_NOSIGNAL) != request->size)
        errors++;
}

static int whole(struct connection *connection)
{
    char *answer = connection->answer;
    if (!connection->head) {
        char *end = memmem(answer, connection->filled, "\r\n\r\n", 4);
        if (!end)
            return 0;
        connection->head = end + 4 - answer;
        for (char *line = answer; line < end; line = strstr(line, "\r\n") + 2) {
            if (!strncasecmp(line, "content-length:", 15))
                connection->length = atoi(line + 15);
            if (!strncasecmp(line, "transfer-encoding: chunked", 26))
                connection->chunked = 1;
        }
    }
    int body = connection->filled - connection->head;
    if (body && !connection->first)
        connection->first = now();
    if (connection->chunked)
        return body >= 5 && !memcmp(answer + connection->filled - 5, "0\r\n\r\n", 5);
    return connection->length >= 0 && body >= connection->length;
}

static void judge(struct connection *connection)
{
    char *body = connection->answer + connection->head;
    long size = connection->filled - connection->head;
    if (memcmp(connection->answer + 9, "200", 3)) {
        if (!errors++)
            fprintf(stderr, "the first answer that was not 200: %.500s\n", connection->answer);
        return;
    }
    uint64_t end = now();
    whole_times[answered] = end - connection->sent;
    first_times[answered++] = (connection->first ? connection->first : end) - connection->sent;
    if (expected)
        expected_seen += memmem(body, size, expected, strlen(expected)) != NULL;
    if (connection->chunked)
        for (char *at = body; (at = memmem(at, body + size - at, "data:", 5)); at += 5)
            events++;
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static double quantile(const uint32_t *sorted, double share)
{
    return answered ? sorted[(long)((answered - 1) * share + 0.5)] / 1000.0 : 0;
}

int main(int count, char **arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *path = NULL;
    char headers[MAX_HEADERS] = "";
    int concurrency = 1;
    long first = 0;
    double seconds = 1;
    for (int option; (option = getopt(count, arguments, "p:f:P:c:s:n:k:H:e:")) != -1;) {
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'f': path = optarg; break;
        case 'P': target = optarg; break;
        case 'c': concurrency = atoi(optarg); break;
        case 's': seconds = atof(optarg); break;
        case 'n': limit = atol(optarg); break;
        case 'k': first = number = atol(optarg); break;
        case 'e': expected = optarg; break;
        case 'H':
            if (strlen(headers) + strlen(optarg) + 3 > sizeof headers)
                fail("too many headers");
            strcat(strcat(headers, optarg), "\r\n");
            break;
        default: return 1;
        }
    }
    if (!path || !port || concurrency < 1 || concurrency > MAX_CONNECTIONS || seconds > 60 || limit > 2000000) {
        fprintf(stderr, "load: -p and -f are needed; at most %d connections, 60 s, 2,000,000 requests\n", MAX_CONNECTIONS);
        return 1;
    }
    read_bodies(path, headers);
    whole_times = malloc(limit * sizeof *whole_times);
    first_times = malloc(limit * sizeof *first_times);
    poller = epoll_create1(0);
    for (int position = 0; position < concurrency; position++) {
        connections[position].answer = malloc(MAX_ANSWER + 1);
        connect_to_target(&connections[position]);
    }
    uint64_t begin = now(), end = begin + (uint64_t)(seconds * 1e6), finished = begin;
    for (int position = 0; position < concurrency; position++)
        send_next(&connections[position]);
    struct epoll_event ready[256];
    for (int busy = concurrency; busy > 0 && now() < end + GRACE_SECONDS * 1000000ull;) {
        int found = epoll_wait(poller, ready, 256, 200);
        for (int position = 0; position < found; position++) {
            struct connection *connection = ready[position].data.ptr;
            int room = MAX_ANSWER - connection->filled;
            ssize_t got = recv(connection->fd, connection->answer + connection->filled, room, 0);
            if (got < 0 && errno == EAGAIN)
                continue;
            int broken = got <= 0;
            if (!broken) {
                connection->filled += got;
                connection->answer[connection->filled] = 0;
                if (!whole(connection))
                    continue;
                judge(connection);
            } else {
                if (connection->busy)
                    errors++;
                close(connection->fd);
            }
            connection->busy = 0;
            finished = now();
            if (finished >= end || number - first >= limit) {
                busy--;
            } else {
                if (broken)
                    connect_to_target(connection);
                send_next(connection);
            }
        }
    }
    for (int position = 0; position < concurrency; position++)
        errors += connections[position].busy;
    double elapsed = (finished - begin) / 1e6;
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    qsort(whole_times, answered, sizeof *whole_times, ascending);
    qsort(first_times, answered, sizeof *first_times, ascending);
    printf("{\"sent\":%ld,\"answered\":%ld,\"errors\":%ld,\"seconds\":%.3f,\"rate\":%.1f,\"p50\":%.3f,\"p95\":%.3f,"
           "\"p99\":%.3f,\"first50\":%.3f,\"first99\":%.3f,\"expected\":%ld,\"events\":%.1f,\"cpu\":%.3f}\n",
           number - first, answered, errors, elapsed, elapsed > 0 ? answered / elapsed : 0, quantile(whole_times, .5),
           quantile(whole_times, .95), quantile(whole_times, .99), quantile(first_times, .5),
           quantile(first_times, .99), expected_seen, answered ? (double)events / answered : 0, cpu);
    return 0;
}
