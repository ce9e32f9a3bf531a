/* A provider that answers at once, so that what is measured is everything but the provider.
 *
 *   upstream SECONDS          serve on a free port of the loopback, print it, end after SECONDS or with the parent
 *
 * One thread, epoll, keep-alive. A POST to /v1/messages, /v1/responses or /v1/embeddings gets what Anthropic's and OpenAI's
 * servers send there, any other one a chat completion of the size OpenAI sends. One whose body holds "stream":true gets
 * server-sent events: what begins the answer, 20 pieces of content, what ends it (in chats also usage if it was asked
 * for, and [DONE]); each leaves in a write of its own, as from a model that speaks.
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

enum { MAX_CONNECTIONS = 1024, MAX_REQUEST = 16 << 20, CONTENT_CHUNKS = 20, MAX_CHUNKS = CONTENT_CHUNKS + 10, VALUES = 1536 };
enum { CHAT, MESSAGES, RESPONSES, EMBEDDINGS, APIS };

struct bytes {
    char data[16384];
    int size;
};

struct api {
    struct bytes plain, chunks[MAX_CHUNKS];
    int count, usage_at;
};

static char *received[MAX_CONNECTIONS];
static int filled[MAX_CONNECTIONS];
static struct bytes head;
static struct api apis[APIS];

static const char *TEXT =
    "A gateway stands between a program and the services that it calls. It checks who is asking, decides where the "
    "question goes, and keeps an account of what was spent. Because every request passes through it, small savings add "
    "up: a shorter prompt, a cheaper model that does as well, or an answer that is already known.";

static const char *USAGE =
    "\"usage\":{\"prompt_tokens\":112,\"completion_tokens\":68,\"total_tokens\":180,\"prompt_tokens_details\":"
    "{\"cached_tokens\":0,\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
    "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";

static void set_plain(struct api *api, const char *body)
{
    api->plain.size =
        snprintf(api->plain.data, sizeof api->plain.data,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

static void add_chunk(struct api *api, const char *event)
{
    struct bytes *chunk = &api->chunks[api->count++];
    chunk->size = snprintf(chunk->data, sizeof chunk->data, "%zx\r\n%s\r\n", strlen(event), event);
}

/* The last chunk has the end of the answer behind it. */
static void end_chunks(struct api *api)
{
    struct bytes *last = &api->chunks[api->count - 1];
    last->size += snprintf(last->data + last->size, sizeof last->data - last->size, "0\r\n\r\n");
}

static void add_event(struct api *api, const char *choices, const char *usage)
{
    char event[2048];
    snprintf(event, sizeof event,
             "data: {\"id\":\"chatcmpl-bench00000000000000000000000\",\"object\":\"chat.completion.chunk\",\"created\":"
             "1760000000,\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_bench\","
             "\"choices\":[%s],%s}\n\n",
             choices, usage);
    add_chunk(api, event);
}

/* An event of the kind that both Messages and Responses send: its name, and data that repeats it. */
static void add_named(struct api *api, const char *name, const char *more)
{
    char event[8192];
    snprintf(event, sizeof event, "event: %s\ndata: {\"type\":\"%s\"%s}\n\n", name, name, more);
    add_chunk(api, event);
}

static void build_chat(struct api *api)
{
    char body[3072];
    snprintf(
        body, sizeof body,
        "{\n  \"id\": \"chatcmpl-bench00000000000000000000000\",\n  \"object\": \"chat.completion\",\n  \"created\": "
        "1760000000,\n  \"model\": \"gpt-4o-2024-08-06\",\n  \"choices\": [\n    {\n      \"index\": 0,\n      \"message\": {\n"
        "        \"role\": \"assistant\",\n        \"content\": \"%s\",\n        \"refusal\": null,\n        \"annotations\": []\n"
        "      },\n      \"logprobs\": null,\n      \"finish_reason\": \"stop\"\n    }\n  ],\n  %s,\n"
        "  \"service_tier\": \"default\",\n  \"system_fingerprint\": \"fp_bench\"\n}\n",
        TEXT, USAGE);
    set_plain(api, body);
    add_event(api,
              "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,"
              "\"finish_reason\":null}",
              "\"usage\":null");
    for (int number = 0; number < CONTENT_CHUNKS; number++) {
        char choice[256];
        snprintf(choice, sizeof choice,
                 "{\"index\":0,\"delta\":{\"content\":\" word%d\"},\"logprobs\":null,\"finish_reason\":null}", number);
        add_event(api, choice, "\"usage\":null");
    }
    add_event(api, "{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}", "\"usage\":null");
    api->usage_at = api->count;
    add_event(api, "", USAGE);
    add_chunk(api, "data: [DONE]\n\n");
    end_chunks(api);
}

static void build_messages(struct api *api)
{
    static const char *MESSAGE =
        "{\"id\":\"msg_bench0000000000000000000\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\","
        "\"content\":[%s],\"stop_reason\":%s,\"stop_sequence\":null,\"usage\":{\"input_tokens\":112,"
        "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":%d,\"service_tier\":\"standard\"}}";
    char body[3072], part[4096];
    snprintf(part, sizeof part, "{\"type\":\"text\",\"text\":\"%s\"}", TEXT);
    snprintf(body, sizeof body, MESSAGE, part, "\"end_turn\"", 68);
    set_plain(api, body);
    snprintf(body, sizeof body, MESSAGE, "", "null", 1);
    snprintf(part, sizeof part, ",\"message\":%s", body);
    add_named(api, "message_start", part);
    add_named(api, "content_block_start", ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}");
    add_named(api, "ping", "");
    for (int number = 0; number < CONTENT_CHUNKS; number++) {
        snprintf(part, sizeof part, ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" word%d\"}", number);
        add_named(api, "content_block_delta", part);
    }
    add_named(api, "content_block_stop", ",\"index\":0");
    add_named(api, "message_delta",
              ",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":68}");
    add_named(api, "message_stop", "");
    end_chunks(api);
}

static void build_responses(struct api *api)
{
    static const char *RESPONSE =
        "{\"id\":\"resp_bench00000000000000000000000\",\"object\":\"response\",\"created_at\":1760000000,\"status\":\"%s\","
        "\"error\":null,\"incomplete_details\":null,\"instructions\":null,\"max_output_tokens\":500,\"model\":"
        "\"gpt-4o-2024-08-06\",\"output\":[%s],\"parallel_tool_calls\":true,\"previous_response_id\":null,\"reasoning\":{"
        "\"effort\":null,\"summary\":null},\"service_tier\":\"default\",\"store\":false,\"temperature\":0.7,\"text\":{\"format\":"
        "{\"type\":\"text\"}},\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1.0,\"truncation\":\"disabled\",\"usage\":%s,"
        "\"user\":null,\"metadata\":{}}";
    static const char *COUNTED =
        "{\"input_tokens\":112,\"input_tokens_details\":{\"cached_tokens\":0},\"output_tokens\":68,"
        "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":180}";
    static const char *ITEM = "{\"id\":\"msg_bench0000000000000000000\",\"type\":\"message\",\"status\":\"%s\",\"role\":"
                              "\"assistant\",\"content\":[%s]}";
    char body[4096], item[2048], part[6144], text[1024];
    snprintf(text, sizeof text, "{\"type\":\"output_text\",\"text\":\"%s\",\"annotations\":[]}", TEXT);
    snprintf(item, sizeof item, ITEM, "completed", text);
    snprintf(body, sizeof body, RESPONSE, "completed", item, COUNTED);
    set_plain(api, body);
    int sequence = 0;
    snprintf(body, sizeof body, RESPONSE, "in_progress", "", "null");
    snprintf(part, sizeof part, ",\"sequence_number\":%d,\"response\":%s", sequence++, body);
    add_named(api, "response.created", part);
    snprintf(item, sizeof item, ITEM, "in_progress", "");
    snprintf(part, sizeof part, ",\"sequence_number\":%d,\"output_index\":0,\"item\":%s", sequence++, item);
    add_named(api, "response.output_item.added", part);
    static const char *WHERE =
        ",\"sequence_number\":%d,\"item_id\":\"msg_bench0000000000000000000\",\"output_index\":0,\"content_index\":0,%s";
    snprintf(part, sizeof part, WHERE, sequence++, "\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}");
    add_named(api, "response.content_part.added", part);
    for (int number = 0; number < CONTENT_CHUNKS; number++) {
        char delta[64];
        snprintf(delta, sizeof delta, "\"delta\":\" word%d\"", number);
        snprintf(part, sizeof part, WHERE, sequence++, delta);
        add_named(api, "response.output_text.delta", part);
    }
    snprintf(body, sizeof body, "\"text\":\"%s\"", TEXT);
    snprintf(part, sizeof part, WHERE, sequence++, body);
    add_named(api, "response.output_text.done", part);
    snprintf(body, sizeof body, "\"part\":%s", text);
    snprintf(part, sizeof part, WHERE, sequence++, body);
    add_named(api, "response.content_part.done", part);
    snprintf(item, sizeof item, ITEM, "completed", text);
    snprintf(part, sizeof part, ",\"sequence_number\":%d,\"output_index\":0,\"item\":%s", sequence++, item);
    add_named(api, "response.output_item.done", part);
    snprintf(body, sizeof body, RESPONSE, "completed", item, COUNTED);
    snprintf(part, sizeof part, ",\"sequence_number\":%d,\"response\":%s", sequence++, body);
    add_named(api, "response.completed", part);
    end_chunks(api);
}

static void build_embeddings(struct api *api)
{
    static char body[16000];
    int size = snprintf(body, sizeof body, "{\"object\":\"list\",\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":\"");
    for (int three = 0; three < VALUES / 3; three++)
        size += sprintf(body + size, "AACAPwAAgD8AAIA/"); /* base64 of three values of four bytes, each of them 1.0 */
    snprintf(body + size, sizeof body - size,
             "\"}],\"model\":\"text-embedding-3-small\",\"usage\":{\"prompt_tokens\":52,\"total_tokens\":52}}");
    set_plain(api, body);
}

static void build(void)
{
    head.size = snprintf(head.data, sizeof head.data,
                         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n");
    build_chat(&apis[CHAT]);
    build_messages(&apis[MESSAGES]);
    build_responses(&apis[RESPONSES]);
    build_embeddings(&apis[EMBEDDINGS]);
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

static struct api *asked(const char *line)
{
    static const char *paths[APIS] = {[MESSAGES] = "/messages ", [RESPONSES] = "/responses ", [EMBEDDINGS] = "/embeddings "};
    const char *end = strstr(line, "\r\n");
    for (int api = MESSAGES; api < APIS; api++)
        if (memmem(line, end - line, paths[api], strlen(paths[api])))
            return &apis[api];
    return &apis[CHAT];
}

static int answer(int fd, const struct api *api, const char *body, int size)
{
    if (!api->count || !says(body, size, "\"stream\""))
        return send_all(fd, &api->plain);
    int usage = !api->usage_at || says(body, size, "\"include_usage\"");
    if (send_all(fd, &head))
        return -1;
    for (int number = 0; number < api->count; number++)
        if ((usage || number != api->usage_at) && send_all(fd, &api->chunks[number]))
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
        if (answer(fd, asked(start), end + 4, length))
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
