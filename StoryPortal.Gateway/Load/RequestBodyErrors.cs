namespace StoryPortal.Gateway.Load;

/// <summary>What a client did wrong with a request body, where the server says it with an exception of another type.</summary>
internal static class RequestBodyErrors
{
    /// <summary>The status and message for the client; null: the exception says it, or the client is gone.</summary>
    /// <param name="exception">What a read of the body threw.</param>
    /// <param name="isExpired">Whether the read was cancelled because the client sends too slowly.</param>
    public static BadHttpRequestException? Find(Exception exception, bool isExpired) => exception switch
    {
        OperationCanceledException when isExpired => TooSlow(exception),

        // Kestrel, of a chunk size from 0x80000000 on.
        IOException { InnerException: OverflowException } => new("Bad chunk size data.", StatusCodes.Status400BadRequest, exception),
        _ => null,
    };

    /// <summary>The client sends more slowly than the minimum data rate.</summary>
    public static BadHttpRequestException TooSlow(Exception? exception = null) =>
        new("The body arrives too slowly.", StatusCodes.Status408RequestTimeout, exception!);
}
