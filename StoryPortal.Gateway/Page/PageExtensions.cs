using Microsoft.AspNetCore.Http.HttpResults;
using StoryPortal.Gateway.Routes;

namespace StoryPortal.Gateway.Page;

/// <summary>The page at <c>/</c>: whether the system keeps its promises, and what to do if not. It is made of files; all it shows it asks the API for.</summary>
internal static class PageExtensions
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapPage(this WebApplication app)
    {
        var files = PageFile.ReadAll();
        var preload = string.Join(", ", files.Select(file => file.Preload).OfType<string>());
        foreach (var file in files)
        {
            app.MapMethods(file.Path, Methods, (HttpResponse response) => Answer(response, file, file.Path == "/" ? preload : null))
                .AllowAnonymous().WithMetadata(RoutePolicy.Page);
        }
    }

    private static FileContentHttpResult Answer(HttpResponse response, PageFile file, string? preload)
    {
        response.Headers.Link = preload;
        response.Headers.CacheControl = "no-cache"; // kept, and asked for each time whether it is still so: parts of two versions never meet
        return TypedResults.Bytes(file.Bytes, file.ContentType, entityTag: file.Tag);
    }
}
