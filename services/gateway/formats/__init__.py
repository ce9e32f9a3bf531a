"""The neutral model between client formats and providers' surfaces. Pure: bytes and structs in, bytes and structs out."""
