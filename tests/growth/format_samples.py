"""Requests, answers and streams in each format, with given texts in all of their places."""

import json
from typing import Any

from services.gateway.formats.opaque import as_base64


def messages(said: list[str], sealed: str) -> dict[str, Any]:
    """A request of the Messages API."""
    turns: list[dict[str, Any]] = [{"role": "user", "content": said[0]}]
    for at, text in enumerate(said):
        thinking = {"type": "thinking", "thinking": text, "signature": sealed}
        call = {"type": "tool_use", "id": f"c.{at}", "name": "f", "input": {"a": text}}
        result = {"type": "tool_result", "tool_use_id": f"c.{at}", "content": [{"type": "text", "text": text}]}
        document = {"type": "text", "media_type": "text/plain", "data": text}
        turns.append({"role": "assistant", "content": [thinking, {"type": "text", "text": text}, call]})
        turns.append({"role": "user", "content": [result, {"type": "document", "source": document, "title": text}]})
        turns.append({"role": "system", "content": text})
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": said[0]}}
    turns.insert(1, {"role": "assistant", "content": [search]})
    change = [{"type": "tool_addition", "tools": [{"name": "g", "input_schema": {"type": "object"}}]}]
    turns.insert(1, {"role": "system", "content": change})
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": said[0]}}, "$schema": "x"}
    tools = [{"name": "f", "input_schema": schema, "description": said[0]}, {"type": "bash_20250124", "name": "bash"}]
    return {
        "model": "claude-x",
        "max_tokens": 9000,
        "messages": turns,
        "system": [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}} for text in said],
        "tools": tools,
        "tool_choice": {"type": "tool", "name": "f"},
        "stop_sequences": said[:3],
        "metadata": {"user_id": json.dumps({"session_id": said[0]})},
        "output_config": {"format": {"type": "json_schema", "schema": schema}, "effort": "high"},
    }


def responses(said: list[str], sealed: str) -> dict[str, Any]:
    """A request of the Responses API."""
    items: list[dict[str, Any]] = [{"role": "user", "content": said[0]}]
    for at, text in enumerate(said):
        reasoning = {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}
        call = {"type": "function_call", "call_id": f"c.{at}", "name": "f", "arguments": text}
        custom = {"type": "custom_tool_call", "call_id": f"t{at}", "name": "t", "input": text}
        items += [
            {**reasoning, "encrypted_content": sealed},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]},
            call,
            custom,
            {"type": "function_call_output", "call_id": f"c.{at}", "output": text},
            {"type": "custom_tool_call_output", "call_id": f"t{at}", "output": [{"type": "input_text", "text": text}]},
            {"type": "web_search_call", "action": {"query": text}},
            {"role": "developer", "content": text},
            {"role": "user", "content": [{"type": "input_image", "image_url": f"data:image/png;base64,{text}"}]},
        ]
    grammar = {"type": "grammar", "syntax": "lark", "definition": said[0]}
    return {
        "model": "gpt-x",
        "input": items,
        "instructions": said[0],
        "tools": [
            {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "g", "description": said[0]}]},
            {"type": "custom", "name": "t", "format": grammar},
            {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}},
        ],
        "tool_choice": "auto",
        "include": ["reasoning.encrypted_content"],
        "text": {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object", "title": said[0]}}},
    }


def generate(said: list[str], sealed: str) -> dict[str, Any]:
    """A request of the Gemini API."""
    contents: list[dict[str, Any]] = [{"role": "user", "parts": [{"text": said[0]}]}]
    for text in said:
        call = {"functionCall": {"name": "f", "args": {"a": text}}, "thoughtSignature": as_base64(sealed)}
        thought = {"text": text, "thought": True}
        contents.append({"role": "model", "parts": [thought, {"text": text}, call]})
        response_part = {"functionResponse": {"name": "f", "response": {"output": text}}}
        contents.append({"role": "user", "parts": [response_part, {"executableCode": {"code": text}}]})
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING", "description": said[0], "nullable": True}}}
    return {
        "contents": contents,
        "system_instruction": {"parts": [{"text": text} for text in said]},
        "tools": [{"function_declarations": [{"name": "f", "description": said[0], "parameters": schema}]}],
        "generationConfig": {
            "responseMimeType": "application/json",
            "responseSchema": schema,
            "stopSequences": said[:3],
        },
    }


def whole_message(text: str) -> dict[str, Any]:
    """An answer."""
    content = [
        {"type": "thinking", "thinking": text, "signature": text},
        {"type": "text", "text": text, "citations": [{"url": "u", "title": text}]},
        {"type": "tool_use", "id": "c", "name": "f", "input": {"input": text}},
    ]
    usage = {"input_tokens": 5, "output_tokens": 5}
    return {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": content,
        "stop_reason": "tool_use",
        "usage": usage,
    }


def whole_response(text: str) -> dict[str, Any]:
    """An answer."""
    part = {"type": "output_text", "text": text, "annotations": [{"type": "url_citation", "url": "u", "title": text}]}
    output = [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": text}],
            "encrypted_content": text,
        },
        {"type": "message", "id": "msg_1", "content": [part]},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": json.dumps({"a": text})},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "d", "name": "t", "input": text},
    ]
    return {"id": "resp_1", "object": "response", "model": "g", "status": "completed", "output": output}


def whole_generated(text: str) -> dict[str, Any]:
    """An answer."""
    parts = [
        {"text": text, "thought": True},
        {"text": text},
        {"functionCall": {"id": "c", "name": "f", "args": {"a": text}}, "thoughtSignature": text},
    ]
    return {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}


def whole_completion(text: str) -> dict[str, Any]:
    """An answer."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": text})}}
    said = {"role": "assistant", "content": text, "reasoning_content": text, "tool_calls": [call]}
    return {"id": "x", "created": 1, "model": "g", "choices": [{"index": 0, "message": said, "finish_reason": "stop"}]}
