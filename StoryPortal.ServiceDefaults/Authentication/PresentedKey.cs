using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.AspNetCore.Http;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>A key that a caller presents, hashed once for each connection: callers keep both for many requests.</summary>
public sealed class PresentedKey
{
    private readonly string _text;

    internal PresentedKey(string text)
    {
        _text = text;
        IsWellFormed = KeyText.IsWellFormed(text);
        Hash = KeyHash.Of(text);
    }

    /// <summary>Whether it can be one of the keys that the product makes.</summary>
    public bool IsWellFormed { get; }

    /// <summary>Its hash.</summary>
    public KeyHash Hash { get; }

    /// <summary>The key of a request; null when there is none.</summary>
    public static PresentedKey? Of(HttpContext context)
    {
        if (KeyHeaders.Presented(context.Request) is not { } text)
        {
            return null;
        }

        var memory = context.Features[typeof(Memory)] as Memory; // as Verdict.Of does
        if (memory?.Latest is { } key && key.Is(text))
        {
            return key;
        }

        key = new PresentedKey(text);
        if (memory is not null)
        {
            memory.Latest = key;
        }

        return key;
    }

    // In constant time, as a proxy's connection carries the keys of several callers: every character is looked at, whatever those before it were.
    // (CryptographicOperations.FixedTimeEquals is compiled without optimization, a per cent of what a cached answer costs.)
    private bool Is(string text)
    {
        if (text.Length != _text.Length)
        {
            return false;
        }

        var mine = MemoryMarshal.Cast<char, ushort>(_text);
        var other = MemoryMarshal.Cast<char, ushort>(text);
        var difference = Vector128<ushort>.Zero;
        for (; mine.Length >= Vector128<ushort>.Count; mine = mine[Vector128<ushort>.Count..], other = other[Vector128<ushort>.Count..])
        {
            difference |= Vector128.Create(mine) ^ Vector128.Create(other);
        }

        var rest = 0;
        for (var i = 0; i < mine.Length; i++)
        {
            rest |= mine[i] ^ other[i];
        }

        return difference == Vector128<ushort>.Zero & rest == 0;
    }

    /// <summary>The key that was presented last on a connection: a feature of the connection, and so of each of its requests.</summary>
    internal sealed class Memory
    {
        private volatile PresentedKey? _latest;

        public PresentedKey? Latest
        {
            get => _latest;
            set => _latest = value;
        }
    }
}
