/* A provider that answers at once, so that what is measured is everything but the provider.
 *
 *   upstream SECONDS          serve on a free port of the loopback, print it, end after SECONDS or with the parent
 *
 * One thread, epoll, keep-alive. Any POST gets a chat completion of the size OpenAI sends; one whose body holds
 * "stream":true gets server-sent events: a role chunk, 20 of content, the finish, usage if it was asked for, [DONE]; each
 * leaves in a write of its own, as from a model that speaks.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, MAX_REQUEST = 16 << 20, CONTENT_CHUNKS = 20, MAX_CHUNKS = CONTENT_CHUNKS + 4 };

struct bytes {
    char data[4096];
    int size;
};

static char *received[MAX_CONNECTIONS];
static int filled[MAX_CONNECTIONS];
static struct bytes plain, head, chunks[MAX_CHUNKS];
static int chunk_count, usage_at;

static const char *TEXT =
    "A gateway stands between a program and the services that it calls. It checks who is asking, decides where the "
    "question goes, and keeps an account of what was spent. Because every request passes through it, small savings add "
    "up: a shorter prompt, a cheaper model that does as well, or an answer that is already known.";

static const char *USAGE =
    "\"usage\":{\"prompt_tokens\":112,\"completion_tokens\":68,\"total_tokens\":180,\"prompt_tokens_details\":"
    "{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";

static void add_chunk(const char *event)
{
    struct bytes *chunk = &chunks[chunk_count++];
    chunk->size = snprintf(chunk->data, sizeof chunk->data, "%zx\r\n%s\r\n", strlen(event), event);
}

static void add_event(const char *choices, const char *usage)
{
    char event[2048];
    snprintf(event, sizeof event,
             "data: {\"id\":\"chatcmpl-bench00000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":"
             "1760000000,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\","
             "\"choices\":[%s],%s}\n\n",
             choices, usage);
    add_chunk(event);
}

static void build(void)
{
    char body[3072];
    int size = snprintf(
        body, sizeof body,
        "{\n  \"id\": \"chatcmpl-bench00000000000000000000000\",\n  \"object\": \"chat.completion\",\n  \"created\": "
        "1760000000,\n  \"model\": \"gpt-4o-2024-08-06\",\n  \"choices\": [\n    {\n      \"index\": 0,\n      \"message\": {\n"
        "        \"role\": \"assistant\",\n        \"content\": \"%s\",\n        \"refusal\": null,\n        \"annotations\": []\n"
        "      },\n      \"logprobs\": null,\n      \"finish_reason\": \"stop\"\n    }\n  ],\n  %s,\n"
        "  \"service_tier\": \"default\",\n  \"system_fingerprint\": \"fp_bench\"\n}\n",
        TEXT, USAGE);
    plain.size = snprintf(plain.data, sizeof plain.data,
                          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", size, body);
    head.size = snprintf(head.data, sizeof head.data,
                         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n");
    add_event("{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,"
              "\"finish_reason\":null}",
              "\"usage\":null");
    for (int number = 0; number < CONTENT_CHUNKS; number++) {
        char choice[256];
        snprintf(choice, sizeof choice,
                 "{\"index\":0,\"delta\":{\"content\":\" word%d\"},\"logprobs\":null,\"finish_reason\":null}", number);
        add_event(choice, "\"usage\":null");
    }
    add_event("{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}", "\"usage\":null");
    usage_at = chunk_count;
    add_event("", USAGE);
    add_chunk("data: [DONE]\n\n");
    struct bytes *last = &chunks[chunk_count - 1];
    last->size += snprintf(last->data + last->size, sizeof last->data - last->size, "0\r\n\r\n");
}

static int send_all(int fd, const struct bytes *what)
{
    for (int sent = 0; sent < what->size;) {
        ssize_t count = send(fd, what->data + sent, what->size - sent, MSG_NOSIGNAL);
        if (count >= 0) {
            sent += count;
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            if (poll(&room, 1, 1000) <= 0)
                return -1;
        } else {
            return -1;
        }
    }
    return 0;
}

static int says(const char *body, int size, const char *name)
{
    const char *found = memmem(body, size, name, strlen(name));
    if (!found)
        return 0;
    for (found += strlen(name); *found == ' ' || *found == ':'; found++)
        ;
    return !strncmp(found, "true", 4);
}

static int answer(int fd, const char *body, int size)
{
    if (!says(body, size, "\"stream\""))
        return send_all(fd, &plain);
    int usage = says(body, size, "\"include_usage\"");
    if (send_all(fd, &head))
        return -1;
    for (int number = 0; number < chunk_count; number++)
        if ((usage || number != usage_at) && send_all(fd, &chunks[number]))
            return -1;
    return 0;
}

/* Answer every whole request that has come; -1 ends the connection. */
static int serve(int fd)
{
    for (;;) {
        char *start = received[fd], *end = memmem(start, filled[fd], "\r\n\r\n", 4);
        if (!end)
            return filled[fd] < MAX_REQUEST ? 0 : -1;
        long length = 0;
        for (char *line = start; line < end; line = strstr(line, "\r\n") + 2)
            if (!strncasecmp(line, "content-length:", 15))
                length = atol(line + 15);
        long whole = end + 4 - start + length;
        if (length < 0 || whole > MAX_REQUEST)
            return -1;
        if (filled[fd] < whole)
            return 0;
        if (answer(fd, end + 4, length))
            return -1;
        memmove(start, start + whole, filled[fd] - whole);
        filled[fd] -= whole;
        start[filled[fd]] = 0;
    }
}

int main(int count, char **arguments)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(count > 1 ? atoi(arguments[1]) : 60);
    build();
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (void *)&address, size) || listen(listener, 512) ||
        getsockname(listener, (void *)&address, &size)) {
        perror("upstream");
        return 1;
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int poller = epoll_create1(0), one = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int ready = epoll_wait(poller, events, 256, -1);
        for (int position = 0; position < ready; position++) {
            int fd = events[position].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
                    if (fd >= MAX_CONNECTIONS) {
                        close(fd);
                        continue;
                    }
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    if (!received[fd])
                        received[fd] = malloc(MAX_REQUEST + 1);
                    filled[fd] = 0;
                    event.data.fd = fd;
                    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
                }
                continue;
            }
            ssize_t got = recv(fd, received[fd] + filled[fd], MAX_REQUEST - filled[fd], 0);
            if (got < 0 && errno == EAGAIN)
                continue;
            if (got > 0) {
                filled[fd] += got;
                received[fd][filled[fd]] = 0;
            }
            if (got <= 0 || serve(fd))
                close(fd);
        }
    }
}
